import { language, t } from './language.ts';

/* Instants in words, on the clock of a box and in the chosen language. Days are `YYYY-MM-DD`. */

/** Returns the locale of the chosen language. In each of them, the day comes before the month. */
const locale = (): string => (language.value === 'en' ? 'en-GB' : language.value);

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([language.value, zone, options]);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options });
  formats.set(key, known);
  return known;
}

/** Returns noon in UTC of a day. All days are formatted in UTC, so that no time zone shifts them. */
const toNoon = (day: string): Date => new Date(`${day}T12:00:00Z`);

export const formatTime = (zone: string, instant: number, withSeconds = false): string =>
  format(zone, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(withSeconds && { second: '2-digit' }),
  }).format(instant);

/** Finds the day of an instant in a time zone. */
export function findDay(zone: string, instant: number): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(instant);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

export const addDays = (day: string, count: number): string => {
  const date = toNoon(day);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
};

/** Numbers the weekday of a day: 1 is Monday, 7 Sunday. */
export const weekdayNumber = (day: string): number => toNoon(day).getUTCDay() || 7;

/** "mar" */
export const formatShortWeekday = (day: string): string =>
  format('UTC', { weekday: 'short' }).format(toNoon(day)).replace('.', '');

/** "martes" */
export const formatLongWeekday = (day: string): string => format('UTC', { weekday: 'long' }).format(toNoon(day));

/** The long name of a weekday by its number. 1 January 2024 was a Monday. */
export const weekdayName = (weekday: number): string => formatLongWeekday(addDays('2023-12-31', weekday));

export const formatDayNumber = (day: string): string => String(toNoon(day).getUTCDate());

/** "mar 1 dic". In Catalan, "1 de des" and "1 d’abr" would be too long for a column, so "de" and "d’" are removed. */
export const formatShortDay = (day: string): string =>
  format('UTC', { weekday: 'short', day: 'numeric', month: 'short' })
    .format(toNoon(day))
    .replaceAll(/[.,]/g, '')
    .replace(/ (?:de |d[’'])/, ' ');

/** "martes, 1 de diciembre" */
export const formatLongDay = (day: string): string =>
  format('UTC', { weekday: 'long', day: 'numeric', month: 'long' }).format(toNoon(day));

/** Milliseconds with the language's decimal separator: at most one decimal below 10, and none from 10. */
export const formatMilliseconds = (value: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** "0:42", "1:00:42". @param left in milliseconds. */
export function formatCountdown(left: number): string {
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, twoDigits(seconds % 60)];
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** "14 min 32 s". @param left in milliseconds. */
export function formatDuration(left: number): string {
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** "mar 1" within the next 20 days, in which only one day can be meant; otherwise "mar 1 dic". */
const formatNearDay = (day: string, current: string): string =>
  day > current && day <= addDays(current, 20)
    ? `${formatShortWeekday(day)} ${formatDayNumber(day)}`
    : formatShortDay(day);

/** "hoy, 18:00", "mañana, 18:00", "mar 1, 18:00" */
export function formatWhen(instant: number, zone: string, now: number): string {
  const [day, current] = [findDay(zone, instant), findDay(zone, now)];
  const time = formatTime(zone, instant);
  if (day === current) return t().at(t().today, time);
  return t().at(day === addDays(current, 1) ? t().tomorrow : formatNearDay(day, current), time);
}
