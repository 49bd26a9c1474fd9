import { tzOffset } from '@date-fns/tz/tzOffset';
import { DAY, HOUR, type Instant, MINUTE } from '../platform/clock.ts';
import type { OpeningRule } from './opening-rule.ts';

/** A day and a time on a box's wall clock, such as the start of a class. */
export type WallClock = {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** `HH:MM` */
  readonly time: string;
};

/**
 * Computes when bookings for a class open. A rule in days keeps the wall-clock time across a clock change: a class on Tuesday
 * 08:00 (winter time) opens four days earlier at 08:00 (summer time). A rule in hours counts elapsed hours.
 */
export function computeOpening(start: WallClock, rule: OpeningRule, timezone: string): Instant {
  if ('hoursBefore' in rule) return toInstant(start, timezone) - rule.hoursBefore * HOUR;
  if ('weekday' in rule)
    return toInstant({ day: weekdayBeforeWeekOf(start.day, rule.weekday), time: rule.time }, timezone);
  return toInstant({ day: minusDays(start.day, rule.daysBefore), time: rule.time ?? start.time }, timezone);
}

/** Returns the last `weekday` (1 is Monday, 7 is Sunday) before the week of a day. The week runs from Monday to Sunday. */
function weekdayBeforeWeekOf(day: string, weekday: number): string {
  // `getUTCDay` returns 0 for Sunday.
  const sinceMonday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  const mondayBefore = minusDays(day, sinceMonday + 7);
  return plusDays(mondayBefore, weekday - 1);
}

/**
 * Converts a wall-clock time into an instant, by the rule of RFC 5545: a time that a clock change skips is read with the
 * offset before the change, so it moves forward; a time that occurs twice means its first occurrence.
 */
export function toInstant({ day, time }: WallClock, timezone: string): Instant {
  const asIfUtc = Date.parse(`${day}T${time}:00Z`);
  // No zone changes its offset twice within two days, so these offsets are those before and after a change on that day.
  const byOldOffset = asIfUtc - offsetAt(asIfUtc - DAY, timezone);
  const byNewOffset = asIfUtc - offsetAt(asIfUtc + DAY, timezone);
  const valid = [byOldOffset, byNewOffset].filter((instant) => instant + offsetAt(instant, timezone) === asIfUtc);
  return valid.length > 0 ? Math.min(...valid) : byOldOffset;
}

/** Returns the day (`YYYY-MM-DD`) that a zone's calendar shows at an instant. */
export const localDay = (instant: Instant, timezone: string): string =>
  new Date(instant + offsetAt(instant, timezone)).toISOString().slice(0, 10);

/** Returns how far the zone is ahead of UTC at an instant, in milliseconds. */
const offsetAt = (instant: Instant, timezone: string): number => tzOffset(timezone, new Date(instant)) * MINUTE;

/** Adds calendar days to a day (`YYYY-MM-DD`); no time zone is involved. */
export const plusDays = (day: string, amount: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + amount * DAY).toISOString().slice(0, 10);

/** Lists `count` calendar days, beginning with `day`. */
export const daysFrom = (day: string, count: number): readonly [string, ...string[]] => [
  day,
  ...Array.from({ length: count - 1 }, (_, index) => plusDays(day, index + 1)),
];

const minusDays = (day: string, amount: number): string => plusDays(day, -amount);
