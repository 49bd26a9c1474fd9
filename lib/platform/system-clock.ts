import type { Clock, Instant } from './clock.ts';

/** How long before the awaited instant the timer ends, in milliseconds, because a timer may be several milliseconds late. */
const TIMER_MARGIN = 8;

/** The longest time of the busy loop before the awaited instant, in milliseconds: a round of the event loop may take as long. */
const SPIN = 0.5;

/** The longest delay of `setTimeout`, in milliseconds; a longer one fires at once (Node.js documentation, "setTimeout"). */
const MAX_TIMER = 2 ** 31 - 1;

/** The wall clock at the start of the process. With `performance.now()` added, it is a clock that never steps. */
const STARTED_AT = performance.timeOrigin;

const monotonic = (): Instant => STARTED_AT + performance.now();

/** The clocks of this machine. No other code of the functions reads them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic,
  async until(tick, signal) {
    signal.throwIfAborted();
    for (let remaining = tick - monotonic(); remaining > TIMER_MARGIN; remaining = tick - monotonic()) {
      await sleep(Math.min(remaining - TIMER_MARGIN, MAX_TIMER), signal);
    }
    // A round of the event loop is shorter than the shortest timer, 1 ms, and lets I/O proceed.
    while (tick - monotonic() > SPIN) await nextRound(signal);
    // The busy loop.
    while (monotonic() < tick);
  },
  timeout: (millis) => AbortSignal.timeout(Math.ceil(Math.max(0, millis))),
};

function sleep(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel);
      resolve();
    }, millis);
    signal.addEventListener('abort', cancel, { once: true });
  });
}

async function nextRound(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
