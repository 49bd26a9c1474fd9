import { type Instant, MINUTE } from '../platform/clock.ts';
import { type Environment, readPositiveInteger } from '../platform/environment.ts';

/**
 * A timing wheel: every session belongs to one slot for ever, and each minute refreshes one slot, so that each session is
 * refreshed every `slots` minutes and the load is even. A refresh needs no write to the index.
 */
export type Wheel = {
  /**
   * The number of slots. Each minute one slot is refreshed. AimHarder drops a session after 30 minutes. With up to 9 slots,
   * a session survives two failed refreshes in a row: with 9, the third comes after 27 minutes.
   */
  readonly slots: number;
  /** Partitions of the index for each slot. A slot of many sessions is divided between workers by its partitions. */
  readonly shards: number;
};

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

/**
 * Reads `REFRESH_SLOTS` and `REFRESH_SHARDS`.
 *
 * @throws Error if the settings would leave a session too long without a refresh, or in a partition that is not read.
 */
export function parseWheel(environment: Environment): Wheel {
  const slots = readPositiveInteger(environment, 'REFRESH_SLOTS', 8);
  if (slots > MAX_SLOTS) throw new Error(`configuration: REFRESH_SLOTS must be at most ${MAX_SLOTS}`);
  const wheel = {
    slots,
    shards: readPositiveInteger(environment, 'REFRESH_SHARDS', Math.floor(MAX_PARTITIONS / slots)),
  };
  if (countPartitions(wheel) > MAX_PARTITIONS)
    throw new Error(`configuration: REFRESH_SLOTS times REFRESH_SHARDS must be at most ${MAX_PARTITIONS}`);
  return wheel;
}

export const countPartitions = ({ slots, shards }: Wheel): number => slots * shards;

export const slotAt = (minute: number, { slots }: Wheel): number => minute % slots;

/**
 * The index partitions of a minute's slot. A session's slot is its partition modulo `slots`: the number of shards does not
 * matter, nor do the settings under which the session got its partition.
 */
export function partitionsAt(minute: number, wheel: Wheel): readonly number[] {
  const { slots } = wheel;
  const slot = slotAt(minute, wheel);
  return Array.from({ length: Math.ceil((MAX_PARTITIONS - slot) / slots) }, (_, index) => slot + index * slots);
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
 * How long after its claim an unfinished part counts as abandoned, in milliseconds. Its run has died by then: Lambda ends
 * a run after two minutes, and starts none that is a minute late.
 */
const MAX_RUN = 3 * MINUTE;

/** What is known of a claim (`OpenClaim`): its due minute, and when it was made. */
type Claimed = { readonly minute: number; readonly at: Instant; readonly isTakenOver: boolean };

/**
 * Lists the claims whose runs have died, unless their slot has run again since. The age of the claim decides, not that of
 * the minute: after an outage, a run claims minutes that are long past. A part is taken over once: if that run dies too, the
 * slot's next minute comes soon enough.
 */
export const abandonedClaims = <Claim extends Claimed>(
  minute: number,
  now: Instant,
  claims: readonly Claim[],
  { slots }: Wheel,
): readonly Claim[] =>
  claims.filter(
    ({ minute: claimed, at, isTakenOver }) => !isTakenOver && now - at >= MAX_RUN && claimed > minute - slots,
  );

/** Lists the claims whose slot has run again since, so that no run needs to take them over. */
export const outdatedClaims = <Claim extends Claimed>(
  minute: number,
  claims: readonly Claim[],
  { slots }: Wheel,
): readonly Claim[] => claims.filter(({ minute: claimed }) => claimed <= minute - slots);

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
