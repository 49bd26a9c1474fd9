import { DAY, HOUR, type Instant, MINUTE } from '../platform/clock.ts';

/** The waits after the first, second, … failed try, in milliseconds. The last one repeats. */
const WAITS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR];

/** The share by which waits vary up and down, so that messages that failed together are not retried together. */
const JITTER = 0.2;

/** How long a receiver may accept no message before it is disabled, in milliseconds. */
export const FAILING_FOR = 7 * DAY;

/**
 * How long a message is retried on most channels, in milliseconds: a little longer than `FAILING_FOR`, so that the last try
 * disables the receiver.
 */
export const TRIED_FOR = FAILING_FOR + HOUR;

/** The longest pause before the next try that a receiver may ask for, in milliseconds. A longer pause is cut to this. */
export const LONGEST_PAUSE = 6 * HOUR;

/**
 * Computes when a message is tried again.
 *
 * @param tries how many tries have failed.
 * @param pause the pause that the receiver asks for, in milliseconds; 0 if none.
 * @param random from 0 to 1.
 * @returns undefined if the message is given up, because it was tried for `triedFor` (in milliseconds).
 */
export function nextAttempt(
  { tries, createdAt, triedFor }: { readonly tries: number; readonly createdAt: Instant; readonly triedFor: number },
  now: Instant,
  pause: number,
  random: number,
): Instant | undefined {
  const end = createdAt + triedFor;
  if (now >= end) return undefined;
  const wait = WAITS[tries - 1] ?? WAITS.at(-1) ?? 0;
  const jitteredWait = wait * (1 + JITTER * (2 * random - 1));
  return Math.min(now + Math.max(jitteredWait, pause), end);
}
