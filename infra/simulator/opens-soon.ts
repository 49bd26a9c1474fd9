import { type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { plusDays, toWallTime, type WallTime } from './calendar.ts';
import { BOXES } from './members.ts';
import { DEFAULTS } from './switches.ts';

/**
 * Chooses the start of a class at the first box so that the class opens in `inMs` milliseconds, rounded up to a whole minute, by
 * the default rule. The refusal of an early booking states this rule, so the service can learn it.
 */
export function chooseStartOpeningIn(now: Instant, inMs: number): WallTime {
  const [{ timezone }] = BOXES;
  const opensAt = Math.ceil((now + inMs) / MINUTE) * MINUTE;
  const { day, time } = toWallTime(opensAt, timezone);
  // The default rule is a number of days, so the class starts at the hour at which it opens.
  const { rule } = DEFAULTS;
  return { day: plusDays(day, 'amount' in rule ? rule.amount : 0), time };
}
