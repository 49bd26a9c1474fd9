import type { ListedClass } from '../aimharder/client.ts';
import { plusDays, toInstant } from '../boxes/opening.ts';
import type { Instant } from '../platform/clock.ts';

/**
 * Computes when a class starts and ends. If the end is not after the start on the wall clock, the class ends on the next day.
 * If a clock change skips the start, the start moves forward. If the end would then not be after the start, the class keeps its
 * length on the wall clock.
 *
 * @param day `YYYY-MM-DD` on the box's calendar.
 * @param timezone the IANA name of the box's zone.
 */
export function classHours(
  { start, end }: Pick<ListedClass, 'start' | 'end'>,
  day: string,
  timezone: string,
): { readonly startsAt: Instant; readonly endsAt: Instant } {
  const startsAt = toInstant({ day, time: start }, timezone);
  const endDay = end > start ? day : plusDays(day, 1);
  const endsAt = toInstant({ day: endDay, time: end }, timezone);
  return {
    startsAt,
    endsAt: endsAt > startsAt ? endsAt : startsAt + wallInstant(endDay, end) - wallInstant(day, start),
  };
}

/** Reads a wall-clock time as if it were UTC, to compute durations on the wall clock. */
const wallInstant = (day: string, time: string): number => Date.parse(`${day}T${time}:00Z`);
