import { HOUR, type Instant } from '../../lib/platform/clock.ts';
import { plusDays, toInstant, type WallTime, weekdayOf } from './calendar.ts';
import type { SimulatedClass } from './catalogue.ts';
import type { SimulatedBox } from './members.ts';
import type { Person } from './reservations.ts';
import type { BoxRule, Switches } from './switches.ts';

/** Computes when a rule opens a class. Days are counted on the wall clock, hours as elapsed time. */
export function computeOpening(start: WallTime, rule: BoxRule, timezone: string): Instant {
  if ('weekday' in rule)
    return toInstant({ day: weeklyOpeningDay(start.day, rule.weekday), time: rule.time }, timezone);
  if ('daysBefore' in rule) return toInstant({ day: plusDays(start.day, -rule.daysBefore), time: rule.time }, timezone);
  if (rule.unit === 'hours') return toInstant(start, timezone) - rule.amount * HOUR;
  return toInstant({ day: plusDays(start.day, -rule.amount), time: start.time }, timezone);
}

/**
 * Finds the opening rule of a person's tariff.
 *
 * @param person undefined without a live session.
 * @returns undefined if the tariff has no rule of its own, so that the box's rule applies.
 */
export const tariffRule = ({ memberRules }: Switches, person: Person | undefined): BoxRule | undefined =>
  person && memberRules[person.familyId === '' ? person.email : `${person.email} ${person.familyId}`];

/** Computes when a class opens for a person: by the rule of their tariff if there is one, otherwise at the class's own opening. */
export function openingFor(
  gymClass: SimulatedClass,
  { timezone }: SimulatedBox,
  person: Person | undefined,
  switches: Switches,
): Instant {
  const rule = tariffRule(switches, person);
  return rule ? computeOpening(gymClass, rule, timezone) : gymClass.opensAt;
}

/** Finds the day on which the classes of the week of `day` open: the last `weekday` before that week's Monday. */
function weeklyOpeningDay(day: string, weekday: number): string {
  const monday = plusDays(day, 1 - weekdayOf(day));
  return plusDays(monday, weekday - 8);
}
