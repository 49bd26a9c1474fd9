import type { Publish } from '../events/event-bus.ts';
import type { Logger } from '../platform/logger.ts';
import { isFinished, type PrebookingKey } from './prebooking.ts';
import { prebookingFinished, wakeUpLate } from './prebooking-events.ts';
import { UNPUBLISHED_SHARDS } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';

export type PublishOutcomesDeps = {
  readonly prebookings: PrebookingStore;
  readonly publish: Publish;
  readonly logger: Logger;
};

/**
 * Publishes the outcomes of pre-bookings. One write records an outcome and marks it as unpublished, so no crash loses an
 * event. The mark is removed after the bus has accepted the event, so an event may be published twice.
 *
 * @returns how many outcomes were published.
 */
export async function publishOutcomes(deps: PublishOutcomesDeps): Promise<number> {
  const counts = await Promise.all(UNPUBLISHED_SHARDS.map((shard) => publishShard(deps, shard)));
  return counts.reduce((total, count) => total + count, 0);
}

async function publishShard(deps: PublishOutcomesDeps, shard: number): Promise<number> {
  let published = 0;
  for await (const key of deps.prebookings.unpublished(shard)) if (await publishOne(deps, key)) published += 1;
  return published;
}

/** Publishes one outcome. If the bus refuses it, leaves it to the next minute, so that other outcomes are still published. */
async function publishOne({ prebookings, publish, logger }: PublishOutcomesDeps, key: PrebookingKey): Promise<boolean> {
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
