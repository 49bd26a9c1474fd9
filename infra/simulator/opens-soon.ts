import { type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { plusDays, toWallTime, type WallTime } from './calendar.ts';
import { BOXES } from './members.ts';
import { DEFAULTS } from './switches.ts';

/**
 * Chooses the start of a class so that the default rule opens the class in `inMs` milliseconds, rounded up to a whole minute. The
 * refusal of an early booking states the same rule, so the service can learn it.
 */
export function chooseStartOpeningIn(now: Instant, inMs: number): WallTime {
  const [{ timezone }] = BOXES;
  const { day, time } = toWallTime(Math.ceil((now + inMs) / MINUTE) * MINUTE, timezone);
  // The default rule is in days.
  const { rule } = DEFAULTS;
  return { day: plusDays(day, 'amount' in rule ? rule.amount : 0), time };
}
