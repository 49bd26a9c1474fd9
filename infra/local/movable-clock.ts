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
  /** Moves both clocks forward to an instant of the wall clock, also while they are stopped. It never moves them back. */
  moveTo(instant: Instant): void;
  /** Stops both clocks. A wait ends only when the clocks have reached its instant, by running or by a move. */
  stop(): void;
  /** Lets the stopped clocks run again, from where they stand. Does nothing if they are not stopped. */
  run(): void;
}

/** The places of the three numbers in `MovableClock.state`. */
const OFFSET = 0;
const STOPPED_WALL = 1;
const STOPPED_MONOTONIC = 2;

/** After how long a wait looks again whether the clocks are still stopped, in milliseconds: long enough that the wait does not spin. */
const LOOKS_AGAIN_AFTER = 20;

/**
 * Creates a clock for tests that would otherwise wait for minutes. A move does not shorten a wait that has already begun. A `timeout`
 * passes in real time, also while the clocks are stopped, so that a request that hangs always ends.
 */
export function createMovableClock(): MovableClock {
  const state = new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT);
  const cells = new Float64Array(state);
  const read = (cell: number) => cells[cell] ?? 0;
  const isStopped = () => read(STOPPED_MONOTONIC) !== 0;
  const now = () => read(STOPPED_WALL) || systemClock.now() + read(OFFSET);
  const monotonic = () => read(STOPPED_MONOTONIC) || systemClock.monotonic() + read(OFFSET);
  return {
    state,
    now,
    monotonic,
    async until(tick, signal) {
      // Once is not enough if the clocks were stopped meanwhile.
      for (let left = tick - monotonic(); left > 0; left = tick - monotonic())
        await systemClock.until(systemClock.monotonic() + Math.max(left, isStopped() ? LOOKS_AGAIN_AFTER : 0), signal);
    },
    timeout: systemClock.timeout,
    moveTo(instant) {
      // The offset is rounded up, because `Date.now()` counts whole milliseconds.
      const ahead = Math.max(0, Math.ceil(instant - now()));
      cells[OFFSET] = read(OFFSET) + ahead;
      if (isStopped()) cells.set([read(STOPPED_WALL) + ahead, read(STOPPED_MONOTONIC) + ahead], STOPPED_WALL);
    },
    stop() {
      cells.set([now(), monotonic()], STOPPED_WALL);
    },
    run() {
      if (!isStopped()) return;
      const stoppedFor = systemClock.monotonic() + read(OFFSET) - read(STOPPED_MONOTONIC);
      // Rounded as in `moveTo`, so the clocks do not go back.
      cells.set([read(OFFSET) - Math.floor(stoppedFor), 0, 0]);
    },
  };
}
