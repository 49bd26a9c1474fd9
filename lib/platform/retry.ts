import type { Clock, Instant } from './clock.ts';

/** The first and the longest pause between two tries, in milliseconds. Each pause is twice as long as the one before. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

type TimeLimit = { readonly clock: Clock; readonly until: Instant; readonly signal: AbortSignal };

/**
 * Repeats work that fails, until it succeeds or the time is up.
 *
 * @param until an instant on the monotonic clock. After it, no try begins except the first.
 * @throws what the last try threw; the signal's reason when the signal aborts.
 */
export async function repeatUntilDone<T>({ clock, until, signal }: TimeLimit, work: () => Promise<T>): Promise<T> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const next = clock.monotonic() + pause;
      if (next > until) throw error;
      await clock.until(next, signal);
    }
  }
}

/**
 * Waits for a value, but not longer than until an instant on the monotonic clock.
 *
 * @returns `otherwise` if the value fails or is late.
 * @throws the signal's reason when the signal aborts.
 */
export async function awaitInTime<T, Other>(
  { clock, until, signal }: TimeLimit,
  value: Promise<T>,
  otherwise: Other,
): Promise<T | Other> {
  const waiting = new AbortController();
  const late = clock.until(until, AbortSignal.any([signal, waiting.signal])).then(() => otherwise);
  try {
    return await Promise.race([value.catch(() => otherwise), late]);
  } finally {
    // Ends the wait for `until`. Nobody else handles its rejection.
    late.catch(() => undefined);
    waiting.abort();
  }
}
