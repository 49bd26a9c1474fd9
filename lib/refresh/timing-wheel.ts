import { type Instant, MINUTE } from '../platform/clock.ts';
import { type Environment, positiveInteger } from '../platform/environment.ts';
import type { SessionKey } from '../sessions/session.ts';

/**
 * A timing wheel: every session belongs to one slot for ever, and each minute refreshes one slot, so that each session is
 * refreshed every `slots` minutes and the load is even. A refresh needs no write to the index.
 */
export type Wheel = {
  /**
   * The number of slots. Each minute one slot is refreshed. AimHarder drops a session after 30 minutes. With up to 9 slots,
   * a session survives two failed refreshes in a row: the third comes after 27 minutes.
   */
  readonly slots: number;
  /** Partitions of the index for each slot: more are needed if reading one takes too long. */
  readonly shards: number;
};

/** Where a slot's run resumes: after the last session that the previous run started to refresh. */
export type ResumePoint = { readonly partition: number; readonly after?: SessionKey | undefined };

/**
 * The most slots. With 12, if one refresh fails, the next comes 24 minutes after the last good one: 6 minutes before
 * AimHarder drops the session.
 */
const MAX_SLOTS = 12;

/**
 * The most partitions under any settings. Runs read all of them, because a session stays in the partition that earlier
 * settings gave it. Reading an empty partition costs half a read unit.
 */
const MAX_PARTITIONS = 128;

/** @throws Error if the settings would leave a session too long without a refresh, or in a partition that is not read. */
export function parseWheel(environment: Environment): Wheel {
  const wheel = {
    slots: positiveInteger(environment, 'REFRESH_SLOTS', 8),
    shards: positiveInteger(environment, 'REFRESH_SHARDS', 1),
  };
  if (wheel.slots > MAX_SLOTS) throw new Error(`configuration: REFRESH_SLOTS must be at most ${MAX_SLOTS}`);
  if (partitionsOf(wheel) > MAX_PARTITIONS)
    throw new Error(`configuration: REFRESH_SLOTS times REFRESH_SHARDS must be at most ${MAX_PARTITIONS}`);
  return wheel;
}

export const partitionsOf = ({ slots, shards }: Wheel): number => slots * shards;

export const slotAt = (minute: number, { slots }: Wheel): number => minute % slots;

/**
 * The index partitions of a minute's slot. A session's slot is its partition modulo `slots`: the number of shards does not
 * matter, nor do the settings under which the session got its partition.
 *
 * @param first the partition to begin with, if it belongs to the slot.
 */
export function partitionsAt(minute: number, wheel: Wheel, first?: number): readonly number[] {
  const { slots } = wheel;
  const slot = slotAt(minute, wheel);
  const all = Array.from({ length: Math.ceil((MAX_PARTITIONS - slot) / slots) }, (_, index) => slot + index * slots);
  const begin = Math.max(0, all.indexOf(first ?? slot));
  return [...all.slice(begin), ...all.slice(0, begin)];
}

/** The keys of one partition of the index, after the key `after` (if given) and up to and including `end` (if given). */
export type IndexRange = { readonly partition: number; readonly after?: SessionKey; readonly end?: SessionKey };

/**
 * Lists the ranges of a slot's run, from its resume point once round. The partition of the resume point comes twice: first
 * its keys after that point, and last its keys up to it.
 */
export function indexRanges(minute: number, wheel: Wheel, resumeAt: ResumePoint | undefined): readonly IndexRange[] {
  const [first, ...others] = partitionsAt(minute, wheel, resumeAt?.partition).map((partition) => ({ partition }));
  const after = resumeAt?.after;
  if (!first) return [];
  if (after === undefined || first.partition !== resumeAt?.partition) return [first, ...others];
  return [{ ...first, after }, ...others, { ...first, end: after }];
}

/**
 * Lists the minutes to handle now: all since the last handled minute, but each slot only once.
 *
 * @param minute the schedule's own minute, counted from the epoch.
 * @param handled the last handled minute; undefined at the very first run.
 */
export function minutesDue(minute: number, handled: number | undefined, { slots }: Wheel): readonly number[] {
  const first = Math.max(handled === undefined ? minute : handled + 1, minute - slots + 1);
  return Array.from({ length: Math.max(0, minute - first + 1) }, (_, index) => first + index);
}

/**
 * How long after its claim an unfinished minute counts as abandoned, in milliseconds. Its run has died by then: Lambda ends
 * a run after two minutes.
 */
const MAX_RUN = 3 * MINUTE;

/**
 * Lists the minutes whose runs have died, unless their slot has run again since. The age of the claim decides, not that of
 * the minute: after an outage, a run claims minutes that are long past.
 */
export const minutesAbandoned = (
  minute: number,
  now: Instant,
  unfinished: ReadonlyMap<number, Instant>,
  { slots }: Wheel,
): readonly number[] =>
  [...unfinished]
    .filter(([claimed, claimedAt]) => now - claimedAt >= MAX_RUN && claimed > minute - slots)
    .map(([claimed]) => claimed);

/** Lists the claimed minutes whose slot has run again since, so that no run needs to take them over. */
export const minutesOutdated = (
  minute: number,
  unfinished: ReadonlyMap<number, Instant>,
  { slots }: Wheel,
): readonly number[] => [...unfinished.keys()].filter((claimed) => claimed <= minute - slots);

/**
 * How many minutes a run's minute may lie ahead of the clock. A run starts in its own minute or later, but the clocks of
 * machines differ by seconds.
 */
const MAX_MINUTES_AHEAD = 2;

export const isAhead = (minute: number, now: Instant): boolean => minute > Math.floor(now / MINUTE) + MAX_MINUTES_AHEAD;

/**
 * Checks a minute that the schedule has sent. A minute in the future would move the cursor ahead, and no run would find
 * anything due until then.
 *
 * @returns the minute.
 * @throws Error if the minute is ahead of the clock.
 */
export function assertNotInFuture(minute: number, now: Instant): number {
  if (isAhead(minute, now))
    throw new Error(`the schedule's minute, ${minute}, lies ahead of the clock's, ${Math.floor(now / MINUTE)}`);
  return minute;
}
