import type { Publish } from '../events/event-bus.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import { isUnfinished, type Prebooking, type PrebookingKey, type Unfinished } from './prebooking.ts';
import { wakeUpLost } from './prebooking-events.ts';
import { ARMED_SHARDS, UNARMED_SHARDS } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUps } from './wake-ups.ts';

export type SweepDeps = {
  readonly prebookings: PrebookingStore;
  readonly wakeUps: WakeUps;
  readonly publish: Publish;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measure: Measure;
};

/** `armed`: wake-ups that were missing and have been set. `started`: abandoned pre-bookings that have been started. */
export type SweepCounts = { readonly armed: number; readonly started: number };

/**
 * From how long before its opening a pre-booking is looked at, in milliseconds: its wake-up comes 2 minutes before, and a sweep
 * waits for up to a minute.
 */
const NEAR = 3 * MINUTE;

/** How long after `wakesAt` a claim is expected, in milliseconds: EventBridge Scheduler may be up to 59 s late. */
const WAKE_UP_DELAY = 62 * SECOND;

/** How long after `firesAt` the claim of a prepared firing is expected, in milliseconds. */
const FIRING_DELAY = 4 * SECOND;

/** How long after the order a claim is expected, in milliseconds, if the opening was too near for a schedule. */
const START_DELAY = 15 * SECOND;

/** How long a start that Lambda refuses is repeated, in milliseconds. The next sweep would come up to a minute later. */
const START_RETRY_TIME = 20 * SECOND;

/** How long after the order was written its wake-up is set at the latest, in milliseconds, unless the process has died. */
const ARMING_TIME = 30 * SECOND;

/** How long it is until the next sweep, in milliseconds. A sweep waits no longer than that for a claim or a renewal. */
const SWEEP_INTERVAL = MINUTE;

/** How far ahead of now an order's opening may be, in milliseconds. */
const FARTHEST_OPENING = 400 * DAY;

/** Recovers pre-bookings after a crash, a lost wake-up or a lost write. One failed recovery does not stop another. */
export async function sweep(deps: SweepDeps, signal: AbortSignal): Promise<SweepCounts> {
  const now = deps.clock.now();
  const armed = UNARMED_SHARDS.map((shard) =>
    recoverShard(deps, shard, now + FARTHEST_OPENING, (key) => armIfForgotten(deps, key, now)),
  );
  const started = [...ARMED_SHARDS, ...UNARMED_SHARDS].map((shard) =>
    recoverShard(deps, shard, now + NEAR, (key) => startIfAbandoned(deps, key, signal)),
  );
  const swept = { armed: sum(await Promise.all(armed)), started: sum(await Promise.all(started)) };
  deps.logger.info('swept', swept);
  const lost = swept.armed + swept.started;
  if (lost > 0) deps.measure({ WakeUpLost: lost });
  return swept;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Recovers each unfinished pre-booking of a shard that opens before an instant. @returns how many had lost a wake-up. */
async function recoverShard(
  { prebookings, logger }: SweepDeps,
  shard: number,
  opensBefore: Instant,
  recover: (key: PrebookingKey) => Promise<boolean>,
): Promise<number> {
  const recoveries: Promise<boolean>[] = [];
  const recoverSafely = (key: PrebookingKey) =>
    recover(key).catch((error: unknown) => {
      logger.error('sweep-item-failed', error, { prebooking: key.id });
      return false;
    });
  try {
    for await (const key of prebookings.findKeysByOpening(shard, opensBefore)) recoveries.push(recoverSafely(key));
  } catch (error) {
    logger.error('sweep-item-failed', error, { shard });
  }
  return (await Promise.all(recoveries)).filter(Boolean).length;
}

/**
 * Sets the wake-up of an order whose opening has changed, or of an order whose process died before it set the wake-up, and marks
 * the order as armed. If only the mark is missing, the wake-up is set already.
 *
 * @returns true if a wake-up was lost. An order whose opening has changed has lost none.
 */
async function armIfForgotten(deps: SweepDeps, key: PrebookingKey, now: Instant): Promise<boolean> {
  const { prebookings, wakeUps, logger } = deps;
  const prebooking = await prebookings.find(key);
  if (prebooking?.status !== 'pending' || !isForgotten(prebooking, now)) return false;
  const wasMissing = await wakeUps.arm(prebooking, now);
  await prebookings.markArmed(prebooking);
  if (prebooking.needsNewWakeUp || !wasMissing) return false;
  logger.warn('prebooking-rearmed', { prebooking: prebooking.id, order: prebooking.generation });
  await publishLost(deps, prebooking);
  return true;
}

/** Prepares or fires a due pre-booking that has no live lease. @returns true if its wake-up was lost. */
async function startIfAbandoned(deps: SweepDeps, key: PrebookingKey, signal: AbortSignal): Promise<boolean> {
  const abandoned = await findIfAbandoned(deps, key, signal);
  if (!abandoned) return false;
  const { id, generation, status } = abandoned;
  const { clock, wakeUps } = deps;
  const until = clock.monotonic() + START_RETRY_TIME;
  await repeatUntilDone({ clock, until, signal }, () => wakeUps.start(abandoned, clock.now()));
  if (status === 'pending' && abandoned.needsNewWakeUp) return false;
  deps.logger.warn('prebooking-recovered', { prebooking: id, order: generation, status });
  await publishLost(deps, abandoned);
  return true;
}

/** Publishes that a wake-up was lost. A failing bus must not stop the recovery of other pre-bookings. */
const publishLost = ({ publish, logger }: SweepDeps, lost: Prebooking): Promise<void> =>
  publish(wakeUpLost(lost)).catch((error: unknown) =>
    logger.error('event-not-published', error, { prebooking: lost.id }),
  );

/**
 * Returns a pre-booking if no firing has claimed it in time, or its firing no longer renews the lease. Waits until the claim or
 * the renewal is overdue, and looks again after each renewal, because the next sweep, a minute later, may come after the opening.
 */
async function findIfAbandoned(
  { prebookings, clock }: SweepDeps,
  key: PrebookingKey,
  signal: AbortSignal,
): Promise<Unfinished | undefined> {
  const lookingEnds = clock.monotonic() + SWEEP_INTERVAL;
  for (;;) {
    const seen = await prebookings.find(key);
    // `armIfForgotten` handles a forgotten order.
    if (!seen || !isUnfinished(seen) || isForgotten(seen, clock.now())) return undefined;
    const timeToClaim = claimExpectedBy(seen) - clock.now();
    if (timeToClaim <= 0) return seen;
    if (clock.monotonic() + timeToClaim > lookingEnds) return undefined;
    await clock.until(clock.monotonic() + timeToClaim + 1, signal);
  }
}

/** Checks whether the process of an order must have ended without marking the order as armed, and the wake-up is still ahead. */
const isForgotten = (prebooking: Unfinished, now: Instant): boolean =>
  prebooking.status === 'pending' &&
  !prebooking.armed &&
  prebooking.createdAt <= now - ARMING_TIME &&
  prebooking.wakesAt > now;

/** Computes by when a firing should have claimed the pre-booking, or renewed its lease. */
function claimExpectedBy(prebooking: Unfinished): Instant {
  const { lease, wakesAt, createdAt } = prebooking;
  if (lease) return lease.expiresAt;
  if (prebooking.status === 'pending' && prebooking.prepared) return prebooking.prepared.firesAt + FIRING_DELAY;
  if (prebooking.status === 'pending' && !prebooking.armed) return createdAt + ARMING_TIME;
  return wakesAt > createdAt ? wakesAt + WAKE_UP_DELAY : createdAt + START_DELAY;
}
