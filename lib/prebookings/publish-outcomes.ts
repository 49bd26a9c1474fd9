import type { Publish } from '../events/event-bus.ts';
import type { Logger } from '../platform/logger.ts';
import { isFinished, type PrebookingKey } from './prebooking.ts';
import { prebookingFinished, wakeUpLate } from './prebooking-events.ts';
import { SHARDS, UNPUBLISHED } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';

export type PublishOutcomesDeps = {
  readonly prebookings: PrebookingStore;
  readonly publish: Publish;
  readonly logger: Logger;
};

/**
 * Publishes what became of pre-bookings. The outcome and the note that it is to be announced are one write, so that no
 * crash loses an event; the note goes once the bus has taken it, so one may come twice.
 *
 * @returns how many were published.
 */
export async function publishOutcomes(deps: PublishOutcomesDeps): Promise<number> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => UNPUBLISHED + shard);
  const counts = await Promise.all(shards.map((shard) => announceShard(deps, shard)));
  return counts.reduce((total, count) => total + count, 0);
}

async function announceShard(deps: PublishOutcomesDeps, shard: number): Promise<number> {
  let announced = 0;
  for await (const key of deps.prebookings.unpublished(shard)) if (await announceOne(deps, key)) announced += 1;
  return announced;
}

/** One that cannot be published stays for the next minute, and keeps no other from its turn. */
async function announceOne(
  { prebookings, publish, logger }: PublishOutcomesDeps,
  key: PrebookingKey,
): Promise<boolean> {
  const prebooking = await prebookings.find(key);
  if (!prebooking || !isFinished(prebooking)) return false;
  try {
    const late = wakeUpLate(prebooking);
    if (late) await publish(late);
    await publish(prebookingFinished(prebooking));
  } catch (error) {
    logger.error('event-not-published', error, { prebooking: prebooking.id });
    return false;
  }
  return prebookings.markPublished(prebooking);
}
