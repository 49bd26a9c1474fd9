import { type Instant, SECOND } from '../platform/clock.ts';

/** The most shots at one opening. */
export const MAX_SHOTS = 8;

/** How long after the first shot the last one may leave, in milliseconds. */
const SHOTS_LAST = 5 * SECOND;

/** Waits before the second, third, … shot, in milliseconds: short at first, because the box is about to open. */
const GAPS = [15, 30, 60, 120, 240, 480, 960] as const;

/**
 * Returns when the next shot may leave after one that came too early, or was turned away.
 *
 * @param shots how many have left already.
 * @returns undefined when no more shots may follow.
 */
export function nextShotAt(shots: number, firstShotAt: Instant, now: Instant): Instant | undefined {
  const gap = GAPS[shots - 1];
  if (shots >= MAX_SHOTS || gap === undefined || now + gap > firstShotAt + SHOTS_LAST) return undefined;
  return now + gap;
}
