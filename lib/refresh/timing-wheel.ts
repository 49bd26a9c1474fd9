import { type Instant, MINUTE } from '../platform/clock.ts';
import { type Environment, positiveInteger } from '../platform/environment.ts';
import type { SessionKey } from '../sessions/session.ts';

/**
 * A timing wheel: every session belongs to one slot for ever, and every minute one slot is refreshed, so that each
 * session's turn comes every `slots` minutes and the load is even. No index write is needed to keep it turning.
 */
export type Wheel = {
  /** One a minute. Up to 9, two failed turns in a row leave a session alive: AimHarder forgets one after 30 minutes. */
  readonly slots: number;
  /** Partitions of the index per slot, for when one would be read for too long. */
  readonly shards: number;
};

/** Where the turn of a slot begins: in the middle of the index, when the last one came no further. */
export type ResumePoint = { readonly partition: number; readonly after?: SessionKey | undefined };

/** With more, one failed turn would end a session. */
const MOST_SLOTS = 12;

/**
 * Partitions there may be, under whatever settings: so many are read, because sessions stay where earlier settings put them.
 * An empty one costs half a read unit.
 */
const MOST_PARTITIONS = 128;

/** @throws Error when the settings would leave a session too long without a refresh, or outside what is read. */
export function parseWheel(environment: Environment): Wheel {
  const wheel = {
    slots: positiveInteger(environment, 'REFRESH_SLOTS', 8),
    shards: positiveInteger(environment, 'REFRESH_SHARDS', 1),
  };
  if (wheel.slots > MOST_SLOTS) throw new Error(`configuration: REFRESH_SLOTS must be at most ${MOST_SLOTS}`);
  if (partitionsOf(wheel) > MOST_PARTITIONS)
    throw new Error(`configuration: REFRESH_SLOTS times REFRESH_SHARDS must be at most ${MOST_PARTITIONS}`);
  return wheel;
}

export const partitionsOf = ({ slots, shards }: Wheel): number => slots * shards;

export const slotAt = (minute: number, { slots }: Wheel): number => minute % slots;

/**
 * The index partitions of a minute's slot. A session's partition modulo `slots` is its slot, however many shards there are,
 * and whatever the settings were when it got its partition.
 *
 * @param first the partition to begin with, if it is the slot's.
 */
export function partitionsAt(minute: number, wheel: Wheel, first?: number): readonly number[] {
  const { slots } = wheel;
  const slot = slotAt(minute, wheel);
  const all = Array.from({ length: Math.ceil((MOST_PARTITIONS - slot) / slots) }, (_, index) => slot + index * slots);
  const begin = Math.max(0, all.indexOf(first ?? slot));
  return [...all.slice(begin), ...all.slice(0, begin)];
}

/** A part of a turn: a partition of the index, or what of it lies behind `after`; up to `end`, with it, if it is still there. */
export type IndexRange = { readonly partition: number; readonly after?: SessionKey; readonly end?: SessionKey };

/** The partition that the last turn stopped in comes twice: its rest first, and last its beginning, up to where the turn began. */
export function indexRanges(minute: number, wheel: Wheel, begin: ResumePoint | undefined): readonly IndexRange[] {
  const [first, ...others] = partitionsAt(minute, wheel, begin?.partition).map((partition) => ({ partition }));
  const after = begin?.after;
  if (!first) return [];
  if (after === undefined || first.partition !== begin?.partition) return [first, ...others];
  return [{ ...first, after }, ...others, { ...first, end: after }];
}

/**
 * The minutes to handle now: those since the last one handled, so that a missed one is made up, but no slot twice.
 *
 * @param minute the schedule's own, counted from the epoch.
 * @param handled the last minute handled; undefined at the very first run.
 */
export function minutesDue(minute: number, handled: number | undefined, { slots }: Wheel): readonly number[] {
  const first = Math.max(handled === undefined ? minute : handled + 1, minute - slots + 1);
  return Array.from({ length: Math.max(0, minute - first + 1) }, (_, index) => first + index);
}

/** A run is dead so long after it claimed a minute that it has not finished, in milliseconds; Lambda has ended it after two. */
const LONGEST_RUN = 3 * MINUTE;

/**
 * The minutes of runs that have died, as long as their slot has not had its turn again. Judged by when they were claimed:
 * after an outage a run makes up minutes that are long past.
 */
export const minutesAbandoned = (
  minute: number,
  now: Instant,
  unfinished: ReadonlyMap<number, Instant>,
  { slots }: Wheel,
): readonly number[] =>
  [...unfinished].filter(([one, at]) => now - at >= LONGEST_RUN && one > minute - slots).map(([one]) => one);

/** Claims that tell nothing any more: their slot has had its turn again. */
export const minutesOutdated = (
  minute: number,
  unfinished: ReadonlyMap<number, Instant>,
  { slots }: Wheel,
): readonly number[] => [...unfinished.keys()].filter((one) => one <= minute - slots);

/** A run starts in its minute or after it; clocks differ by seconds. */
const MOST_AHEAD = 2;

export const isAhead = (minute: number, now: Instant): boolean => minute > Math.floor(now / MINUTE) + MOST_AHEAD;

/**
 * The cursor would follow a minute that has not come, and no run until then would find anything due.
 *
 * @throws Error for a minute ahead of the clock.
 */
export function assertNotInFuture(minute: number, now: Instant): number {
  if (isAhead(minute, now))
    throw new Error(`the schedule's minute, ${minute}, lies ahead of the clock's, ${Math.floor(now / MINUTE)}`);
  return minute;
}
