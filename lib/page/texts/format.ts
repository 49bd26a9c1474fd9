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
const noonOf = (day: string): Date => new Date(`${day}T12:00:00Z`);

export const timeIn = (zone: string, instant: number, withSeconds = false): string =>
  format(zone, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(withSeconds && { second: '2-digit' }),
  }).format(instant);

/** Finds the day of an instant. */
export function dayIn(zone: string, instant: number): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(instant);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

export const plusDays = (day: string, count: number): string => {
  const date = noonOf(day);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
};

/** Numbers the weekday of a day: 1 is Monday, 7 Sunday. */
export const weekdayNumber = (day: string): number => noonOf(day).getUTCDay() || 7;

/** "mar" */
export const shortWeekday = (day: string): string =>
  format('UTC', { weekday: 'short' }).format(noonOf(day)).replace('.', '');

/** "martes" */
export const longWeekday = (day: string): string => format('UTC', { weekday: 'long' }).format(noonOf(day));

/** The long name of a weekday by its number. 1 January 2024 was a Monday. */
export const weekdayName = (weekday: number): string => longWeekday(plusDays('2023-12-31', weekday));

export const dayNumber = (day: string): string => String(noonOf(day).getUTCDate());

/** "mar 1 dic". In Catalan, "1 de des" and "1 d’abr" would be too long for a column, so "de" and "d’" are removed. */
export const shortDay = (day: string): string =>
  format('UTC', { weekday: 'short', day: 'numeric', month: 'short' })
    .format(noonOf(day))
    .replaceAll(/[.,]/g, '')
    .replace(/ (?:de |d[’'])/, ' ');

/** "martes, 1 de diciembre" */
export const longDay = (day: string): string =>
  format('UTC', { weekday: 'long', day: 'numeric', month: 'long' }).format(noonOf(day));

/** Milliseconds with at most one decimal, in the language's own numerals. */
export const milliseconds = (value: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** "0:42", "1:00:42". @param left in milliseconds. */
export function countdown(left: number): string {
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, twoDigits(seconds % 60)];
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** "14 min 32 s". @param left in milliseconds. */
export function duration(left: number): string {
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** "mar 1" within the next 20 days, in which only one day can be meant; otherwise "mar 1 dic". */
const nearDay = (day: string, current: string): string =>
  day > current && day <= plusDays(current, 20) ? `${shortWeekday(day)} ${dayNumber(day)}` : shortDay(day);

/** "hoy, 18:00", "mar 1, 18:00" */
export function sayWhen(instant: number, zone: string, now: number): string {
  const [day, current] = [dayIn(zone, instant), dayIn(zone, now)];
  const time = timeIn(zone, instant);
  if (day === current) return t().at(t().today, time);
  return t().at(day === plusDays(current, 1) ? t().tomorrow : nearDay(day, current), time);
}
