import { bookingKey } from '../bookings/booking.ts';
import type { BookingStore } from '../bookings/booking-store.ts';
import type { Publish } from '../events/event-bus.ts';
import type { Logger } from '../platform/logger.ts';
import { settleAll } from '../platform/settle-all.ts';
import { type BookingWatches, watchedBookingKey } from './booking-watches.ts';
import { type Finished, isFinished, type PrebookingKey } from './prebooking.ts';
import { bookingPromoted, prebookingFinished, prebookingPromoted, wakeUpLate } from './prebooking-events.ts';
import { UNPUBLISHED_SHARDS } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import { isReplacedOutcome } from './replaced-outcomes.ts';

export type PublishOutcomesDeps = {
  readonly prebookings: PrebookingStore;
  readonly bookings: Pick<BookingStore, 'find'>;
  readonly watches: Pick<BookingWatches, 'remove'>;
  readonly publish: Publish;
  readonly logger: Logger;
};

/**
 * Publishes the outcomes of pre-bookings, and the news that places on waitlists have become seats. One write records an outcome
 * and marks it as unpublished, so no crash loses an event. A new order of the class loses none either (`ReplacedOutcomes`). The
 * mark is removed after the bus has accepted the event, so an event may be published twice. Once the signal has aborted, leaves
 * the rest to the next minute.
 *
 * @returns how many outcomes were published.
 */
export async function publishOutcomes(deps: PublishOutcomesDeps, signal: AbortSignal): Promise<number> {
  const counts = await settleAll(UNPUBLISHED_SHARDS.map((shard) => publishShard(deps, shard, signal)));
  return counts.reduce((total, count) => total + count, 0);
}

async function publishShard(deps: PublishOutcomesDeps, shard: number, signal: AbortSignal): Promise<number> {
  let published = 0;
  for await (const key of deps.prebookings.findKeys(shard)) {
    if (signal.aborted) break;
    if (await publishOne(deps, key)) published += 1;
  }
  return published;
}

/** Publishes one outcome. If the publishing fails, leaves it to the next minute, so that other outcomes are still published. */
async function publishOne(deps: PublishOutcomesDeps, key: PrebookingKey): Promise<boolean> {
  const watchedKey = watchedBookingKey(key);
  try {
    if (isReplacedOutcome(key)) return await publishReplaced(deps, key);
    return watchedKey === undefined ? await publishOrdered(deps, key) : await publishWatched(deps, key, watchedKey);
  } catch (error) {
    deps.logger.error(
      'event-not-published',
      error,
      watchedKey === undefined ? { prebooking: key.id } : { booking: watchedKey },
    );
    return false;
  }
}

/** Publishes the outcome of a pre-booking, or that its place has become a seat. */
async function publishOrdered(deps: PublishOutcomesDeps, key: PrebookingKey): Promise<boolean> {
  const prebooking = await deps.prebookings.find(key);
  if (!prebooking || !isFinished(prebooking)) return false;
  await publishEnded(deps, prebooking);
  return deps.prebookings.markPublished(prebooking);
}

/** Publishes the outcome of a pre-booking that a new order has replaced. */
async function publishReplaced(deps: PublishOutcomesDeps, key: PrebookingKey): Promise<boolean> {
  const { replacedOutcomes } = deps.prebookings;
  const prebooking = await replacedOutcomes.find(key);
  if (!prebooking || !isFinished(prebooking)) return false;
  await publishEnded(deps, prebooking);
  await replacedOutcomes.remove(key);
  return true;
}

const publishEnded = (deps: PublishOutcomesDeps, prebooking: Finished): Promise<void> =>
  prebooking.promotedAt === undefined ? publishFinished(deps, prebooking) : publishPromoted(deps, prebooking);

/** Publishes the outcome of a pre-booking. A member who has cancelled the place meanwhile needs no message about it. */
async function publishFinished(deps: PublishOutcomesDeps, prebooking: Finished): Promise<void> {
  const { publish, logger } = deps;
  const late = wakeUpLate(prebooking);
  if (late) await publish(late);
  // A record that cannot be read must not keep the outcome from the member.
  const isGivenUp = await isCancelled(deps, prebooking).catch((error: unknown) => {
    logger.error('unexpected-error', error, { during: 'publish-outcome' });
    return false;
  });
  await publish(prebookingFinished(isGivenUp ? { ...prebooking, isAnswered: true } : prebooking));
}

/** Publishes that a place has become a seat, unless the member has cancelled it meanwhile. */
async function publishPromoted(deps: PublishOutcomesDeps, prebooking: Finished): Promise<void> {
  if (!(await isCancelled(deps, prebooking))) await deps.publish(prebookingPromoted(prebooking));
}

/** Checks whether the member has cancelled the place that a pre-booking got. A failed one got none. */
async function isCancelled(
  { bookings }: Pick<PublishOutcomesDeps, 'bookings'>,
  { email, box, status, result: { bookingId } }: Finished,
): Promise<boolean> {
  if (status === 'failed' || bookingId === null) return false;
  const record = await bookings.find(email, bookingKey(box, bookingId));
  return record !== undefined && record.cancelledAt !== null;
}

/** Publishes that a place that was booked at once has become a seat, unless the member has cancelled it. Ends its watch. */
async function publishWatched(
  { bookings, watches, publish }: PublishOutcomesDeps,
  key: PrebookingKey,
  watchedKey: string,
): Promise<boolean> {
  const record = await bookings.find(key.email, watchedKey);
  const booked = record?.cancelledAt === null && record.booked?.promotedAt !== undefined ? record.booked : null;
  if (booked) await publish(bookingPromoted(key.email, { key: watchedKey, booked }));
  await watches.remove(key);
  return booked !== null;
}
