import { wakeUpLost } from '../events/event.ts';
import type { Publish } from '../events/publish.ts';
import { type Clock, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import {
  isHeldAt,
  isUnfinished,
  LEASE,
  type Pending,
  type Prebooking,
  type PrebookingKey,
  type Unfinished,
} from './prebooking.ts';
import { SHARDS, UNARMED } from './prebooking-item.ts';
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

/** Unfinished this near to its opening, a pre-booking needs somebody at work on it. */
const NEAR = 3 * MINUTE;

/** An order is armed within a moment of being written, unless its function died in between. */
const ARMING_TAKES = 30 * SECOND;

/** How far ahead the index is searched for orders that were never armed: as far as anybody orders. */
const EVER = 400 * 24 * 60 * MINUTE;

/** Recovers what a crash, a lost wake-up or a lost write left behind. */
export async function sweep(deps: SweepDeps, signal: AbortSignal): Promise<Swept> {
  const now = deps.clock.now();
  const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
  const armed = await Promise.all(shards.map((shard) => armForgotten(deps, UNARMED + shard, now)));
  const near = [...shards, ...shards.map((shard) => UNARMED + shard)];
  const started = await Promise.all(near.map((shard) => startAbandoned(deps, shard, now, signal)));
  const swept = { armed: sum(armed), started: sum(started) };
  deps.logger.info('swept', swept);
  const lost = swept.armed + swept.started;
  if (lost > 0) deps.measure({ WakeUpLost: lost });
  return swept;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Sets the wake-up of orders that were written and then forgotten. */
async function armForgotten(deps: SweepDeps, shard: number, now: Instant): Promise<number> {
  const { prebookings, wakeUps, logger } = deps;
  let armed = 0;
  for await (const key of prebookings.unfinished(shard, now + EVER)) {
    const prebooking = await prebookings.find(key);
    if (prebooking?.status !== 'pending' || prebooking.armed || prebooking.createdAt > now - ARMING_TAKES) continue;
    if (prebooking.opensAt < now + NEAR) continue;
    await wakeUps.arm(prebooking, now);
    await prebookings.markArmed(prebooking satisfies Pending);
    logger.warn('prebooking-armed-late', { prebooking: prebooking.id, order: prebooking.order });
    await tell(deps, prebooking);
    armed += 1;
  }
  return armed;
}

/** Starts the firing of those that open soon, or should have, and that nobody is at work on. */
async function startAbandoned(deps: SweepDeps, shard: number, now: Instant, signal: AbortSignal): Promise<number> {
  const due: PrebookingKey[] = [];
  for await (const key of deps.prebookings.unfinished(shard, now + NEAR)) due.push(key);
  const started = await Promise.all(due.map((key) => startIfAbandoned(deps, key, signal)));
  return started.filter(Boolean).length;
}

async function startIfAbandoned(deps: SweepDeps, key: PrebookingKey, signal: AbortSignal): Promise<boolean> {
  const seen = await abandoned(deps, key, signal);
  if (!seen) return false;
  await deps.wakeUps.start(seen);
  deps.logger.warn('prebooking-recovered', { prebooking: seen.id, order: seen.order, status: seen.status });
  await tell(deps, seen);
  return true;
}

/** It is recovered already: that nobody could be told must not keep others from being recovered. */
const tell = ({ publish, logger }: SweepDeps, lost: Prebooking): Promise<void> =>
  publish(wakeUpLost(lost)).catch((error: unknown) =>
    logger.error('event-not-published', error, { prebooking: lost.id }),
  );

/**
 * Whoever is at work says so every few seconds: one that has fallen silent is known to be dead as soon as its word runs
 * out, and not only a minute later, at the next sweep.
 */
async function abandoned(
  { prebookings, clock }: SweepDeps,
  key: PrebookingKey,
  signal: AbortSignal,
): Promise<Unfinished | undefined> {
  const first = await prebookings.find(key);
  if (!first || !isUnfinished(first)) return undefined;
  if (!isHeldAt(first, clock.now())) return first;
  const word = first.held?.attemptUntil ?? 0;
  if (word > clock.now() + LEASE + SECOND) return undefined;
  await clock.until(clock.monotonic() + (word - clock.now()) + 1, signal);
  const second = await prebookings.find(key);
  return second && isUnfinished(second) && !isHeldAt(second, clock.now()) ? second : undefined;
}
