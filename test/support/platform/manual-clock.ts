import type { Clock, Instant } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass on both clocks. */
  advance(millis: number): void;
  /** Sets the wall clock forward or back, as an operator or NTP would. The monotonic clock does not change. */
  step(millis: number): void;
}

/** Creates a clock that stands still until a test advances it. A wait moves it to the awaited instant at once. */
export function manualClock(start: Instant): ManualClock {
  let tick = start;
  let stepped = 0;
  return {
    now: () => tick + stepped,
    monotonic: () => tick,
    async until(target, signal) {
      signal.throwIfAborted();
      tick = Math.max(tick, target);
    },
    // Answers over real sockets take real time, so their timeouts do too.
    timeout: systemClock.timeout,
    advance(millis) {
      tick += millis;
    },
    step(millis) {
      stepped += millis;
    },
  };
}
