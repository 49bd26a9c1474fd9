import type { Clock, Instant } from './clock.ts';

/** Handed over from the timer to `setImmediate` this long before the tick, in milliseconds: a timer may be several late. */
const TIMER_MARGIN = 8;

/** The last stretch is spun without giving way, in milliseconds: one turn of the event loop may take as long. */
const SPIN = 0.5;

/** The longest delay `setTimeout` takes, in milliseconds; above it, it fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** `performance.now()` never steps; its origin is taken once, as the wall clock showed it when the process started. */
const ORIGIN = performance.timeOrigin;

const monotonic = (): Instant => ORIGIN + performance.now();

/** This machine's clocks. The only place that reads them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic,
  async until(tick, signal) {
    signal.throwIfAborted();
    for (let left = tick - monotonic(); left > TIMER_MARGIN; left = tick - monotonic()) {
      await sleep(Math.min(left - TIMER_MARGIN, LONGEST_TIMER), signal);
    }
    // A bare timer truncates fractions and so may wake early; turns of the event loop are finer and let I/O through.
    while (tick - monotonic() > SPIN) await turn(signal);
    while (monotonic() < tick);
  },
};

function sleep(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, millis);
    signal.addEventListener('abort', end, { once: true });
  });
}

async function turn(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
