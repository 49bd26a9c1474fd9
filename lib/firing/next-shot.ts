import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { LOCAL_MARGIN } from './aim.ts';

/**
 * When the last shot may leave, in milliseconds after the opening: half a second before the grace ends. Shots after "too early"
 * and "turned away" are limited by time, not by number, because these refusals prove that AimHarder made no booking.
 */
export const LAST_SHOT_AFTER = 119.5 * SECOND;

/** The period over which the last shots are spread, in milliseconds, because many members may wait for one opening. */
const LAST_SHOTS_SPREAD = 0.4 * SECOND;

/** Waits before the second, third, … shot after "too early", in milliseconds: short, because the box is about to open. */
const FIRST_GAPS = [15, 30, 60, 120, 240, 480] as const;

/** The later waits, in milliseconds, by the time since the opening: a box that is seconds late may be a minute late. */
const LATER_GAPS = [
  { before: 10 * SECOND, gap: SECOND },
  { before: 30 * SECOND, gap: 2 * SECOND },
  { before: LAST_SHOT_AFTER, gap: 5 * SECOND },
] as const;

/** The first wait after a shot that was turned away (429, 503) or never left, in milliseconds. Each further wait is doubled. */
const FIRST_PAUSE = 100;

/** The longest wait after a shot that was turned away, in milliseconds, unless AimHarder asks for a longer one. */
const LONGEST_PAUSE = 2 * SECOND;

type AfterShot = {
  /** How much time has passed since the opening, in milliseconds on our clock; negative before the opening. */
  readonly sinceOpening: number;
  /** How long after the opening the shot left, in milliseconds on our clock; negative before the opening. */
  readonly sentAfterMs: number;
  /** From 0 to 1. It spreads the waits, so that members who wait for one opening do not shoot at the same time. */
  readonly random: number;
};

/** A shot that leaves more than this before the opening by our own clock, in milliseconds, is early by our clock too. */
const EARLY_BY_OUR_CLOCK = 0.5 * SECOND;

/**
 * Returns how long to wait after a shot that came too early, in milliseconds. AimHarder's `Date` may be ahead of the clock that
 * opens bookings. So one shot is kept for the opening by our own clock: it leaves `LOCAL_MARGIN` after that opening. If the
 * refused shot left more than 0.5 s before the opening by our clock, no other shot leaves before the kept one, because AimHarder
 * might answer that other shot only after the opening. If the refused shot left later, the short waits apply, but none goes
 * beyond the kept shot.
 *
 * @param shots how many shots have left.
 * @returns undefined if no more shots may follow.
 */
export function waitAfterTooEarly(shots: number, after: AfterShot): number | undefined {
  const { sinceOpening, sentAfterMs, random } = after;
  const kept = waitForKeptShot(after);
  if (kept !== undefined) return kept;
  const later = LATER_GAPS.find(({ before }) => sinceOpening < before)?.gap ?? 0;
  const untilKeptShot = LOCAL_MARGIN - sinceOpening;
  const gap = FIRST_GAPS[shots - 1] ?? spread(later, random);
  const isKeptShotAhead = sentAfterMs < 0 && untilKeptShot > 0;
  return isKeptShotAhead ? Math.min(gap, untilKeptShot) : shortenToGrace(gap, after);
}

/**
 * Returns how long to wait, after a refusal as too early, for the shot that is kept for the opening by our own clock, in
 * milliseconds.
 *
 * @returns undefined if the refused shot left later than 0.5 s before that opening, or if the time of the kept shot has passed.
 */
function waitForKeptShot({
  sinceOpening,
  sentAfterMs,
}: Pick<AfterShot, 'sinceOpening' | 'sentAfterMs'>): number | undefined {
  const untilKeptShot = LOCAL_MARGIN - sinceOpening;
  return untilKeptShot > 0 && sentAfterMs < -EARLY_BY_OUR_CLOCK ? untilKeptShot : undefined;
}

/**
 * Returns how long to wait after a shot that was turned away or never left, in milliseconds.
 *
 * @param turnedAway how many shots in a row were turned away or never left.
 * @param retryAfter the wait that AimHarder asks for (`Retry-After`), in milliseconds. It is shortened to the end of the grace.
 * @returns undefined if no more shots may follow.
 */
export function waitAfterTurnedAway(turnedAway: number, after: AfterShot, retryAfter = 0): number | undefined {
  const pause = Math.min(FIRST_PAUSE * 2 ** (turnedAway - 1), LONGEST_PAUSE);
  const wait = Math.max(spread(pause, after.random), spreadUpwards(retryAfter, after.random));
  return shortenToGrace(wait, after);
}

/** Makes a wait up to a quarter shorter or longer. @param random from 0 to 1. */
const spread = (wait: number, random: number): number => wait * (0.75 + random / 2);

/** Makes a wait that AimHarder asks for up to a quarter longer. @param random from 0 to 1. */
const spreadUpwards = (wait: number, random: number): number => wait * (1 + random / 4);

/** Shortens a wait, so that the next shot leaves within the grace. @returns undefined if it is too late for another shot. */
function shortenToGrace(wait: number, { sinceOpening, sentAfterMs, random }: AfterShot): number | undefined {
  const wasLast = sentAfterMs >= LAST_SHOT_AFTER - LAST_SHOTS_SPREAD;
  if (wasLast || sinceOpening >= LAST_SHOT_AFTER) return undefined;
  return Math.min(wait, Math.max(0, LAST_SHOT_AFTER - LAST_SHOTS_SPREAD * random - sinceOpening));
}

/** The least time between two repeated shots of one process after AimHarder has turned some away, in milliseconds. */
const SPACING = 20;

/**
 * Creates the function that spaces the repeated shots of all firings of a process: at most 50 leave in a second. The function
 * returns the first free instant, at `at` or later, and reserves it. A shot with a long wait, as `Retry-After` asks, does not delay
 * shots that leave before it.
 */
export function createShotSpacer(clock: Pick<Clock, 'monotonic'>): (at: Instant) => Instant {
  /** The instants of the shots that have not left yet, or left less than `SPACING` ago, in order. */
  let planned: Instant[] = [];
  return (at) => {
    const now = clock.monotonic();
    planned = planned.filter((other) => other > now - SPACING);
    let free = at;
    for (const other of planned) if (Math.abs(other - free) < SPACING) free = other + SPACING;
    planned = [...planned, free].toSorted((first, second) => first - second);
    return free;
  };
}
