import type { Clock, Instant } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';

/**
 * This machine's wall clock and monotonic clock, which tests can move forward and stop. While they are not stopped, both run at their
 * real rate.
 */
export interface MovableClock extends Clock {
  /**
   * What other threads read too, as 64-bit floats: how far both clocks are ahead of the machine's, in milliseconds, and what the wall
   * clock and the monotonic clock show while they are stopped, or 0 twice.
   */
  readonly state: SharedArrayBuffer;
  /** Moves both clocks forward to an instant of the wall clock. It never moves them back. */
  moveTo(instant: Instant): void;
  /** Stops both clocks. A wait for an instant goes on until the clocks have run again. */
  stop(): void;
  /** Lets the stopped clocks run again, from where they stand. */
  run(): void;
}

/** The places of the three numbers in `MovableClock.state`. */
const OFFSET = 0;
const STOPPED_WALL = 1;
const STOPPED_MONOTONIC = 2;

/**
 * Creates a clock for tests that would otherwise wait for minutes. A move does not shorten a wait that has already begun.
 */
export function createMovableClock(): MovableClock {
  const state = new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT);
  const cells = new Float64Array(state);
  const read = (cell: number) => cells[cell] ?? 0;
  const now = () => read(STOPPED_WALL) || systemClock.now() + read(OFFSET);
  const monotonic = () => read(STOPPED_MONOTONIC) || systemClock.monotonic() + read(OFFSET);
  return {
    state,
    now,
    monotonic,
    async until(tick, signal) {
      // Once is not enough if the clocks were stopped meanwhile.
      for (let left = tick - monotonic(); left > 0; left = tick - monotonic())
        await systemClock.until(systemClock.monotonic() + left, signal);
    },
    timeout: systemClock.timeout,
    moveTo(instant) {
      // The offset is rounded up, because `Date.now()` counts whole milliseconds.
      cells[OFFSET] = read(OFFSET) + Math.max(0, Math.ceil(instant - now()));
    },
    stop() {
      cells.set([now(), monotonic()], STOPPED_WALL);
    },
    run() {
      const stoppedFor = systemClock.monotonic() + read(OFFSET) - read(STOPPED_MONOTONIC);
      // Rounded as in `moveTo`, so the clocks do not go back.
      cells.set([read(OFFSET) - Math.floor(stoppedFor), 0, 0]);
    },
  };
}
