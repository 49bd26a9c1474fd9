import type { Publish } from '../events/event-bus.ts';
import { HOUR, type Instant, MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { settleAll } from '../platform/settle-all.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { isUnfinished, type PrebookingKey, type Unfinished } from './prebooking.ts';
import { prebookingAtRisk } from './prebooking-events.ts';
import { ARMED_SHARDS, UNARMED_SHARDS } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';

export type PublishAtRiskDeps = {
  readonly prebookings: PrebookingStore;
  readonly sessions: SessionStore;
  /** Follows a pre-booking whose class has moved (`createClassFollower`). */
  readonly follow: (prebooking: Unfinished) => Promise<Unfinished>;
  readonly publish: Publish;
  readonly logger: Logger;
};

/** How many hours before the opening of a pre-booking its member is reminded that a login is missing. */
const REMINDERS = [12, 2];

/**
 * Publishes the reminders of one minute: one for each pre-booking that opens 12 or 2 hours after that minute and whose member has
 * no active background session. Follows the pre-bookings whose class has moved. Each opening belongs to one minute, so no two
 * runs publish the same reminder.
 *
 * @param minute counted from the epoch.
 * @returns how many reminders were published.
 */
export async function publishAtRisk(deps: PublishAtRiskDeps, minute: number): Promise<number> {
  const counts = await settleAll(
    REMINDERS.flatMap((hours) =>
      [...ARMED_SHARDS, ...UNARMED_SHARDS].map((shard) => publishShard(deps, shard, minute * MINUTE, hours)),
    ),
  );
  return counts.reduce((total, count) => total + count, 0);
}

async function publishShard(deps: PublishAtRiskDeps, shard: number, now: Instant, hours: number): Promise<number> {
  const from = now + hours * HOUR;
  let published = 0;
  for await (const key of deps.prebookings.findKeysByOpening(shard, from + MINUTE, from))
    if (await publishOne(deps, key, hours)) published += 1;
  return published;
}

/**
 * Follows the pre-booking, and publishes its reminder if the member needs it. A failure is only logged, so that the other
 * reminders are still published.
 *
 * @returns whether the reminder was published.
 */
async function publishOne(deps: PublishAtRiskDeps, key: PrebookingKey, hours: number): Promise<boolean> {
  const { prebookings, sessions, follow, publish, logger } = deps;
  try {
    const found = await prebookings.find(key);
    if (!found || !isUnfinished(found)) return false;
    const prebooking = await follow(found);
    if ((await sessions.getBackgroundSession(key.email))?.state === 'active') return false;
    await publish(prebookingAtRisk(prebooking, hours));
    return true;
  } catch (error) {
    logger.error('event-not-published', error, { prebooking: key.id });
    return false;
  }
}
