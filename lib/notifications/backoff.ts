import { DAY, HOUR, type Instant, MINUTE } from '../platform/clock.ts';

export type Channel = 'webhook' | 'email';

/** The waits after each failed try; the last one repeats. */
const WAITS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR];

/** Waits vary by this share each way, so that messages which failed together are not retried together. */
const JITTER = 0.2;

/** A webhook that accepts no message for this long is disabled, in milliseconds. */
export const FAILING_FOR = 7 * DAY;

/**
 * How long a message is tried. For a webhook this is a little longer than `FAILING_FOR`, so that the last try disables it.
 * Mail is tried for a day, because older messages are no news.
 */
const TRIED_FOR: Readonly<Record<Channel, number>> = { webhook: FAILING_FOR + HOUR, email: DAY };

/**
 * Computes when a message is tried again.
 *
 * @param pause that the receiver asks for, in milliseconds.
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
