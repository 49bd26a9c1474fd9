import type { Clock, Instant } from '../../../lib/platform/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass on both clocks. */
  advance(millis: number): void;
  /** Sets the wall clock forward or back, as an operator or NTP would; the monotonic one goes on as before. */
  step(millis: number): void;
}

/** A clock that stands still until told, and jumps to whatever it is asked to wait for. */
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
    advance(millis) {
      tick += millis;
    },
    step(millis) {
      stepped += millis;
    },
  };
}
