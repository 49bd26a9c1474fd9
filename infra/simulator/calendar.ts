import { DAY, type Instant, MINUTE } from '../../lib/platform/clock.ts';

/** A moment on a box's wall clock. `day` is `YYYY-MM-DD`, `time` is `HH:MM`. */
export type WallTime = { readonly day: string; readonly time: string };

const formats = new Map<string, Intl.DateTimeFormat>();

/** Returns the Intl format of a zone. The service computes local times in another way, so that tests find mistakes in both. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  const cached = formats.get(timezone);
  if (cached) return cached;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
  formats.set(timezone, format);
  return format;
}

/** Computes what a zone's wall clock shows at an instant. */
export function toWallTime(instant: Instant, timezone: string): WallTime {
  const text = formatOf(timezone).format(new Date(instant));
  return { day: text.slice(0, 10), time: text.slice(11, 16) };
}

/** Reads a wall time as if it were in UTC. */
const asIfUtc = ({ day, time }: WallTime): Instant => Date.parse(`${day}T${time}:00Z`);

/** Computes how far a zone is ahead of UTC, in milliseconds. */
const offsetAt = (instant: Instant, timezone: string): number =>
  asIfUtc(toWallTime(instant, timezone)) - Math.floor(instant / MINUTE) * MINUTE;

/**
 * Finds the first instant at which the wall clock shows a time. If a clock change skips the time, the offset before the change is
 * used.
 */
export function toInstant(wall: WallTime, timezone: string): Instant {
  const utc = asIfUtc(wall);
  const byOldOffset = utc - offsetAt(utc - DAY, timezone);
  const byNewOffset = utc - offsetAt(utc + DAY, timezone);
  const candidates = [byOldOffset, byNewOffset].sort((left, right) => left - right);
  return candidates.find((instant) => asIfUtc(toWallTime(instant, timezone)) === utc) ?? byOldOffset;
}

/** Adds days to a day `YYYY-MM-DD`. */
export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** Computes the weekday of a day: 1 is Monday, 7 is Sunday. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;

/** Adds minutes to a time `HH:MM`. After 23:59 comes 00:00. */
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

/** Formats a day as AimHarder does: in Spanish for every account. */
export function formatSpanishDay(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${WEEKDAYS[weekdayOf(day) - 1]}, ${date} de ${MONTHS[(month ?? 1) - 1]} de ${year}`;
}
