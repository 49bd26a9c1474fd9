import { type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { plusDays, toWall, type Wall } from './calendar.ts';
import { BOXES } from './members.ts';
import { DEFAULTS } from './switches.ts';

/**
 * Computes the day and time of a class which its box opens by its usual rule at the first whole minute after a while. AimHarder
 * tells such an opening when it refuses an early booking; an opening between two minutes follows no rule, so nobody is told of it.
 */
export function opensSoon(now: Instant, inMs: number): Wall {
  const [{ timezone }] = BOXES;
  const { day, time } = toWall(Math.ceil((now + inMs) / MINUTE) * MINUTE, timezone);
  const { rule } = DEFAULTS;
  return { day: plusDays(day, 'amount' in rule ? rule.amount : 0), time };
}
