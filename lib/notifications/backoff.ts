import { DAY, HOUR, type Instant, MINUTE } from '../platform/clock.ts';

export type Channel = 'webhook' | 'email';

/** The waits after the first, second, … failed try, in milliseconds. The last one repeats. */
const WAITS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR];

/** The share by which waits vary up and down, so that messages that failed together are not retried together. */
const JITTER = 0.2;

/** How long a webhook may accept no message before it is disabled, in milliseconds. */
export const FAILING_FOR = 7 * DAY;

/**
 * How long a message is retried, in milliseconds. A webhook's message is retried a little longer than `FAILING_FOR`, so that
 * the last try disables the webhook. Mail is retried for a day, because an older message is no longer useful.
 */
const TRIED_FOR: Readonly<Record<Channel, number>> = { webhook: FAILING_FOR + HOUR, email: DAY };

/**
 * Computes when a message is tried again.
 *
 * @param pause the pause that the receiver asks for, in milliseconds.
 * @param random from 0 to 1.
 * @returns undefined if the message is given up.
 */
export function nextAttempt(
  { channel, tries, createdAt }: { readonly channel: Channel; readonly tries: number; readonly createdAt: Instant },
  now: Instant,
  pause: number,
  random: number,
): Instant | undefined {
  const end = createdAt + TRIED_FOR[channel];
  if (now >= end) return undefined;
  const wait = (WAITS[tries - 1] ?? WAITS.at(-1) ?? 0) * (1 + JITTER * (2 * random - 1));
  return Math.min(now + Math.max(wait, pause), end);
}
