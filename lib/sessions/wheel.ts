import { type Environment, positiveInteger } from '../platform/environment.ts';

/**
 * A timing wheel: every session belongs to one slot for ever, and every minute one slot is refreshed, so that each
 * session's turn comes every `slots` minutes and the load is even. No index write is needed to keep it turning.
 */
export type Wheel = {
  /** One a minute. Two failed turns in a row must still leave a session alive: AimHarder forgets one after 30 minutes. */
  readonly slots: number;
  /** Partitions of the index per slot, for when one would be read for too long. It may grow, never shrink. */
  readonly shards: number;
};

export const wheelFrom = (environment: Environment): Wheel => ({
  slots: positiveInteger(environment, 'REFRESH_SLOTS', 8),
  shards: positiveInteger(environment, 'REFRESH_SHARDS', 1),
});

export const partitionsOf = ({ slots, shards }: Wheel): number => slots * shards;

/** The index partitions of a minute's slot. A session's partition modulo `slots` is its slot, however many shards there are. */
export const partitionsAt = (minute: number, { slots, shards }: Wheel): readonly number[] =>
  Array.from({ length: shards }, (_, shard) => (minute % slots) + shard * slots);

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
