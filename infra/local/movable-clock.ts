import type { Clock, Instant } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';

/** This machine's clocks, moved forward. They go at their real rate. */
export interface MovableClock extends Clock {
  /** How far both clocks are ahead of this machine's: one 64-bit float, in milliseconds, that other threads read too. */
  readonly offset: SharedArrayBuffer;
  /** Moves both clocks forward to an instant of the wall clock. It never moves them back. */
  moveTo(instant: Instant): void;
}

/** A clock for tests that would otherwise wait for minutes. A wait that has begun does not notice that the clock moves. */
export function movableClock(): MovableClock {
  const offset = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const ahead = new Float64Array(offset);
  const aheadMs = () => ahead[0] ?? 0;
  const now = () => systemClock.now() + aheadMs();
  return {
    offset,
    now,
    monotonic: () => systemClock.monotonic() + aheadMs(),
    until: (tick, signal) => systemClock.until(tick - aheadMs(), signal),
    timeout: systemClock.timeout,
    moveTo(instant) {
      // Whole milliseconds, as `Date.now()` tells them.
      ahead[0] = aheadMs() + Math.max(0, Math.ceil(instant - now()));
    },
  };
}
