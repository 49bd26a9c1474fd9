import { HOUR, type Instant } from '../../lib/platform/clock.ts';
import { plusDays, toInstant, type Wall, weekdayOf } from './calendar.ts';
import type { BoxRule } from './switches.ts';

/** Computes when a class opens by its box's rule. Days are counted on the wall clock, hours as elapsed time. */
export function computeOpening(start: Wall, rule: BoxRule, timezone: string): Instant {
  if ('weekday' in rule)
    return toInstant({ day: weeklyOpeningDay(start.day, rule.weekday), time: rule.time }, timezone);
  if ('daysBefore' in rule) return toInstant({ day: plusDays(start.day, -rule.daysBefore), time: rule.time }, timezone);
  if (rule.unit === 'hours') return toInstant(start, timezone) - rule.amount * HOUR;
  return toInstant({ day: plusDays(start.day, -rule.amount), time: start.time }, timezone);
}

/** Finds the day on which a week's classes open: the last such weekday before the week of the class, which begins on Monday. */
function weeklyOpeningDay(day: string, weekday: number): string {
  const monday = plusDays(day, 1 - weekdayOf(day));
  return plusDays(monday, weekday - 8);
}
