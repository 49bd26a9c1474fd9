import { tzOffset } from '@date-fns/tz/tzOffset';
import { DAY, HOUR, type Instant, MINUTE } from '../platform/clock.ts';
import type { OpeningRule } from './opening-rule.ts';

/** A class's start on its box's wall clock. */
export type WallClock = {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** `HH:MM` */
  readonly time: string;
};

/**
 * When bookings for a class open. Days keep the wall-clock time, whatever the clocks did between: a class on Tuesday
 * 08:00 (winter time) opens four days earlier at 08:00 (summer time). Hours are elapsed hours.
 */
export function computeOpening(start: WallClock, rule: OpeningRule, timezone: string): Instant {
  if ('hoursBefore' in rule) return toInstant(start, timezone) - rule.hoursBefore * HOUR;
  if ('weekday' in rule) return toInstant({ day: weeklyOpening(start.day, rule.weekday), time: rule.time }, timezone);
  return toInstant({ day: minusDays(start.day, rule.daysBefore), time: rule.time ?? start.time }, timezone);
}

/** The last such weekday before the week, Monday to Sunday, that the class is in: "Sundays 17:30 for the week". */
function weeklyOpening(day: string, weekday: number): string {
  const sinceMonday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return minusDays(day, sinceMonday + 8 - weekday);
}

/**
 * The instant of a wall-clock time, by the rule of RFC 5545 that IANA-aware calendars follow: a time skipped by a clock
 * change is read with the offset before it (so it moves forward); of a time that comes twice, the first is meant.
 */
export function toInstant({ day, time }: WallClock, timezone: string): Instant {
  const asIfUtc = Date.parse(`${day}T${time}:00Z`);
  // No zone changes twice within two days: these are the offsets on either side of any change nearby.
  const before = asIfUtc - offsetAt(asIfUtc - DAY, timezone);
  const after = asIfUtc - offsetAt(asIfUtc + DAY, timezone);
  const valid = [before, after].filter((instant) => instant + offsetAt(instant, timezone) === asIfUtc);
  return valid.length > 0 ? Math.min(...valid) : before;
}

/** Milliseconds the zone is ahead of UTC at an instant. */
const offsetAt = (instant: Instant, timezone: string): number => tzOffset(timezone, new Date(instant)) * MINUTE;

/** Days of the calendar, which has no zone. */
function minusDays(day: string, amount: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - amount * DAY).toISOString().slice(0, 10);
}
