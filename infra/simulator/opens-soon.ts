import { type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { plusDays, toWall, type Wall } from './calendar.ts';
import { BOXES } from './members.ts';
import { DEFAULTS } from './switches.ts';

/**
 * Computes the day and time of a class that the default rule opens at the first whole minute after `inMs` milliseconds. Such an
 * opening agrees with the rule that the refusal of an early booking states, so the service can learn it.
 */
export function chooseStartOpeningIn(now: Instant, inMs: number): Wall {
  const [{ timezone }] = BOXES;
  const { day, time } = toWall(Math.ceil((now + inMs) / MINUTE) * MINUTE, timezone);
  const { rule } = DEFAULTS;
  return { day: plusDays(day, 'amount' in rule ? rule.amount : 0), time };
}
