import type { Clock, Instant } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';

/** This machine's wall clock and monotonic clock, which tests can move forward. Both run at their real rate. */
export interface MovableClock extends Clock {
  /** How far both clocks are ahead of the machine's, in milliseconds: one 64-bit float, which other threads can read too. */
  readonly offset: SharedArrayBuffer;
  /** Moves both clocks forward to an instant of the wall clock. It never moves them back. */
  moveTo(instant: Instant): void;
}

/**
 * Creates a clock for tests that would otherwise wait for minutes. A move does not shorten a wait that has already begun.
 */
export function createMovableClock(): MovableClock {
  const offset = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const offsetCell = new Float64Array(offset);
  const offsetMs = () => offsetCell[0] ?? 0;
  const now = () => systemClock.now() + offsetMs();
  return {
    offset,
    now,
    monotonic: () => systemClock.monotonic() + offsetMs(),
    until: (tick, signal) => systemClock.until(tick - offsetMs(), signal),
    timeout: systemClock.timeout,
    moveTo(instant) {
      // The offset is rounded up, because `Date.now()` counts whole milliseconds.
      offsetCell[0] = offsetMs() + Math.max(0, Math.ceil(instant - now()));
    },
  };
}
