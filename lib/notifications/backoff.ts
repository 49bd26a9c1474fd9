import { DAY, HOUR, type Instant, MINUTE } from '../platform/clock.ts';

export type Channel = 'webhook' | 'email';

/** Waits between tries; the last one again and again. Nothing is tried more often than every minute. */
const WAITS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR];

/** Waits vary by so much each way, so that what failed together is not tried together again. */
const JITTER = 0.2;

/** A webhook that takes nothing for so long is disabled. */
export const FAILING_FOR = 7 * DAY;

/** How long a message is tried: for a webhook until a last try finds the week over, for mail as long as it is news. */
const TRIED_FOR: Readonly<Record<Channel, number>> = { webhook: FAILING_FOR + HOUR, email: DAY };

/**
 * When a message is tried again after so many tries.
 *
 * @param pause that the receiver asks for, in milliseconds.
 * @param random from 0 to 1.
 * @returns undefined when it is given up.
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
