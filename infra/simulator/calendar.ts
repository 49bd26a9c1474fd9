import { DAY, type Instant, MINUTE } from '../../lib/platform/clock.ts';

/** A moment on a box's wall clock. `day` is `YYYY-MM-DD`, `time` is `HH:MM`. */
export type Wall = { readonly day: string; readonly time: string };

const formats = new Map<string, Intl.DateTimeFormat>();

/** Uses Intl, unlike the service: a mistake made in both would not show in tests. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
  formats.set(timezone, format);
  return format;
}

export function toWall(instant: Instant, timezone: string): Wall {
  const text = formatOf(timezone).format(new Date(instant));
  return { day: text.slice(0, 10), time: text.slice(11, 16) };
}

const asIfUtc = ({ day, time }: Wall): Instant => Date.parse(`${day}T${time}:00Z`);

/** Computes how far a zone is ahead of UTC, in milliseconds. */
const offsetAt = (instant: Instant, timezone: string): number =>
  asIfUtc(toWall(instant, timezone)) - Math.floor(instant / MINUTE) * MINUTE;

/** Finds the first instant at which the wall clock shows a time. A time that a clock change skips gets the offset from before. */
export function toInstant(wall: Wall, timezone: string): Instant {
  const wanted = asIfUtc(wall);
  const before = wanted - offsetAt(wanted - DAY, timezone);
  const after = wanted - offsetAt(wanted + DAY, timezone);
  const shown = [before, after].sort((a, b) => a - b).find((instant) => asIfUtc(toWall(instant, timezone)) === wanted);
  return shown ?? before;
}

export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** 1 is Monday, 7 Sunday. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;

export function plusMinutes(time: string, minutes: number): string {
  const total = (Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + minutes) % (24 * 60);
  return `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;
}

/** Converts `YYYYMMDD` to `YYYY-MM-DD`. */
export const toIsoDay = (compact: string): string => compact.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');

const WEEKDAYS = ['Lunes', 'Martes', 'Miércoles', 'Jueves', 'Viernes', 'Sábado', 'Domingo'];
const MONTHS = [
  'Enero',
  'Febrero',
  'Marzo',
  'Abril',
  'Mayo',
  'Junio',
  'Julio',
  'Agosto',
  'Septiembre',
  'Octubre',
  'Noviembre',
  'Diciembre',
];

/** Formats a day as AimHarder does: in Spanish, whatever the account's language. */
export function formatSpanishDay(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${WEEKDAYS[weekdayOf(day) - 1]}, ${date} de ${MONTHS[(month ?? 1) - 1]} de ${year}`;
}
