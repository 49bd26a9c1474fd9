import { tzOffset } from '@date-fns/tz';
import * as z from 'zod/mini';
import { DAY, HOUR, type Instant, MINUTE } from '../platform/clock.ts';

const Time = z.string().check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/));
const whole = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most));

/**
 * When a box opens bookings for a class, as a client, the configuration and the boxes table write it: whole days before
 * it, at the class's own time or at a fixed one; so many elapsed hours before it; or on a weekday (1 is Monday, 7 Sunday)
 * for the whole week after. Times are the box's wall clock, `HH:MM`.
 */
export const OpeningRule = z.union(
  [
    z.strictObject({ daysBefore: whole(0, 60), time: z.optional(Time) }),
    z.strictObject({ hoursBefore: whole(1, 60 * 24) }),
    z.strictObject({ weekday: whole(1, 7), time: Time }),
  ],
  { error: 'one of {daysBefore, time?}, {hoursBefore}, {weekday, time}' },
);
export type OpeningRule = Readonly<z.infer<typeof OpeningRule>>;

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
export function opensAt(start: WallClock, rule: OpeningRule, timezone: string): Instant {
  if ('hoursBefore' in rule) return instantOf(start, timezone) - rule.hoursBefore * HOUR;
  if ('weekday' in rule) return instantOf({ day: weeklyOpening(start.day, rule.weekday), time: rule.time }, timezone);
  return instantOf({ day: minusDays(start.day, rule.daysBefore), time: rule.time ?? start.time }, timezone);
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
export function instantOf({ day, time }: WallClock, timezone: string): Instant {
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
