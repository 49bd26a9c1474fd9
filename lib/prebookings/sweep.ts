import type { Publish } from '../events/event-bus.ts';
import { type Clock, DAY, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import { isUnfinished, type Prebooking, type PrebookingKey, type Unfinished } from './prebooking.ts';
import { wakeUpLost } from './prebooking-events.ts';
import { SHARDS, UNARMED } from './prebooking-record.ts';
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

export type Swept = { readonly armed: number; readonly started: number };

/** Unfinished this near to its opening, a pre-booking needs somebody at work on it, or a wake-up that is still to come. */
const NEAR = 3 * MINUTE;

/** The Scheduler may take up to 59 s over a wake-up, and the function a moment to say that it is there. */
const WAKING_TAKES = 62 * SECOND;

/** A function that was started at once, because its opening was near, says so within this. */
const STARTING_TAKES = 15 * SECOND;

/** An order is armed within a moment of being written, unless its function died in between. */
const ARMING_TAKES = 30 * SECOND;

/** The sweep that comes in a minute sees to what is due later. */
const SWEPT_EVERY = MINUTE;

/** How far ahead the index is searched for orders that were never armed: as far as anybody orders. */
const EVER = 400 * DAY;

/** Recovers what a crash, a lost wake-up or a lost write left behind. What fails keeps nothing else from its turn. */
export async function sweep(deps: SweepDeps, signal: AbortSignal): Promise<Swept> {
  const now = deps.clock.now();
  const armed = unarmedShards.map((shard) => each(deps, shard, now + EVER, (key) => armIfForgotten(deps, key, now)));
  const started = allShards.map((shard) => each(deps, shard, now + NEAR, (key) => startIfAbandoned(deps, key, signal)));
  const swept = { armed: sum(await Promise.all(armed)), started: sum(await Promise.all(started)) };
  deps.logger.info('swept', swept);
  const lost = swept.armed + swept.started;
  if (lost > 0) deps.measure({ WakeUpLost: lost });
  return swept;
}

const armedShards = Array.from({ length: SHARDS }, (_, shard) => shard);
const unarmedShards = armedShards.map((shard) => UNARMED + shard);
const allShards = [...armedShards, ...unarmedShards];

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Does it to each unfinished pre-booking of a shard that opens before an instant. @returns how many it was done to. */
async function each(
  { prebookings, logger }: SweepDeps,
  shard: number,
  opensBefore: Instant,
  act: (key: PrebookingKey) => Promise<boolean>,
): Promise<number> {
  const acting: Promise<boolean>[] = [];
  const quietly = (key: PrebookingKey) =>
    act(key).catch((error: unknown) => {
      logger.error('not-recovered', error, { prebooking: key.id });
      return false;
    });
  try {
    for await (const key of prebookings.unfinished(shard, opensBefore)) acting.push(quietly(key));
  } catch (error) {
    logger.error('not-recovered', error, { shard });
  }
  return (await Promise.all(acting)).filter(Boolean).length;
}

/** Sets the wake-up of an order that was written and then forgotten, or put off. @returns whether it was forgotten. */
async function armIfForgotten(deps: SweepDeps, key: PrebookingKey, now: Instant): Promise<boolean> {
  const { prebookings, wakeUps, logger } = deps;
  const prebooking = await prebookings.find(key);
  if (prebooking?.status !== 'pending' || prebooking.armed || prebooking.createdAt > now - ARMING_TAKES) return false;
  if (prebooking.opensAt < now + NEAR) return false;
  await wakeUps.arm(prebooking, now);
  await prebookings.markArmed(prebooking);
  if (prebooking.postponed) return false;
  logger.warn('prebooking-armed-late', { prebooking: prebooking.id, order: prebooking.generation });
  await tell(deps, prebooking);
  return true;
}

/** Starts the firing of one that opens soon, or should have, and that nobody is at work on. @returns whether it was lost. */
async function startIfAbandoned(deps: SweepDeps, key: PrebookingKey, signal: AbortSignal): Promise<boolean> {
  const seen = await abandoned(deps, key, signal);
  if (!seen) return false;
  await deps.wakeUps.start(seen);
  if (seen.status === 'pending' && seen.postponed) return false;
  deps.logger.warn('prebooking-recovered', { prebooking: seen.id, order: seen.generation, status: seen.status });
  await tell(deps, seen);
  return true;
}

/** It is recovered already: that nobody could be told must not keep others from being recovered. */
const tell = ({ publish, logger }: SweepDeps, lost: Prebooking): Promise<void> =>
  publish(wakeUpLost(lost)).catch((error: unknown) =>
    logger.error('event-not-published', error, { prebooking: lost.id }),
  );

/**
 * A wake-up may still come, and whoever is at work says so every few seconds: one that is silent is known to be lost as soon
 * as its time has run out, and not only a minute later, at the next sweep.
 */
async function abandoned(
  { prebookings, clock }: SweepDeps,
  key: PrebookingKey,
  signal: AbortSignal,
): Promise<Unfinished | undefined> {
  const seen = await prebookings.find(key);
  if (!seen || !isUnfinished(seen)) return undefined;
  const expected = wordExpectedBy(seen);
  if (expected > clock.now() + SWEPT_EVERY) return undefined;
  if (expected <= clock.now()) return seen;
  await clock.until(clock.monotonic() + (expected - clock.now()) + 1, signal);
  const later = await prebookings.find(key);
  return later && isUnfinished(later) && wordExpectedBy(later) <= clock.now() ? later : undefined;
}

/** Until when its silence means nothing. */
function wordExpectedBy(prebooking: Unfinished): Instant {
  const { lease, wakesAt, createdAt } = prebooking;
  if (lease) return lease.expiresAt;
  if (prebooking.status === 'pending' && !prebooking.armed) return createdAt + ARMING_TAKES;
  return wakesAt > createdAt ? wakesAt + WAKING_TAKES : createdAt + STARTING_TAKES;
}
