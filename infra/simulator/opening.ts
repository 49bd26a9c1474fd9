import { HOUR, type Instant } from '../../lib/platform/clock.ts';
import { instantOf, plusDays, type Wall, weekdayOf } from './calendar.ts';
import type { BoxRule } from './switches.ts';

/** When a box opens a class by its rule. Days go by the wall clock, hours are elapsed ones. */
export function openingOf(start: Wall, rule: BoxRule, timezone: string): Instant {
  if ('weekday' in rule) return instantOf({ day: weeklyOpening(start.day, rule.weekday), time: rule.time }, timezone);
  if ('daysBefore' in rule) return instantOf({ day: plusDays(start.day, -rule.daysBefore), time: rule.time }, timezone);
  if (rule.unit === 'hours') return instantOf(start, timezone) - rule.amount * HOUR;
  return instantOf({ day: plusDays(start.day, -rule.amount), time: start.time }, timezone);
}

/** The last such weekday before the week that the class is in. */
function weeklyOpening(day: string, weekday: number): string {
  const monday = plusDays(day, 1 - weekdayOf(day));
  return plusDays(monday, weekday - 8);
}
