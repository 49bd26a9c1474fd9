import { randomInt } from 'node:crypto';
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';

/** How often a change is tried at most. One of several competing writes always succeeds, so 60 tries serve 60 competitors. */
const MAX_TRIES = 60;

/**
 * Before a retry, the caller waits for a random time, so that competing writes spread. The longest possible wait grows by a step
 * with each try, up to a limit. Both are in milliseconds.
 */
const BACKOFF_STEP = 20;
const LONGEST_BACKOFF = 400;

/**
 * Repeats a change until no other write comes in between.
 *
 * @param change reads, decides and writes with a condition. Returns undefined if another write came first.
 * @throws what `change` throws; AppError unavailable if other writes always came first.
 */
export async function withOptimisticLock<T>(
  clock: Clock,
  change: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const changed = await change();
    if (changed !== undefined) return changed;
    await clock.until(clock.monotonic() + randomInt(Math.min(LONGEST_BACKOFF, BACKOFF_STEP * tries)) + 1, signal);
  }
  const message = 'Too many changes arrived at the same time, so this one was not made. Try again.';
  throw new AppError('unavailable', message, { retryAfter: 1 });
}
