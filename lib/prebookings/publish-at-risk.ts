import type { Publish } from '../events/event-bus.ts';
import { HOUR, type Instant, MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { isUnfinished, type PrebookingKey } from './prebooking.ts';
import { prebookingAtRisk } from './prebooking-events.ts';
import { SHARDS, UNARMED } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';

export type PublishAtRiskDeps = {
  readonly prebookings: PrebookingStore;
  readonly sessions: SessionStore;
  readonly publish: Publish;
  readonly logger: Logger;
};

/** How long before an opening its member is reminded that a login is missing: over breakfast, and while there is still time. */
const REMINDERS = [12, 2];

/**
 * Publishes which pre-bookings open in so many hours from a minute and have no live session to be booked with. Each minute
 * looks at those of its own alone.
 *
 * @param minute counted from the epoch.
 * @returns how many there are.
 */
export async function publishAtRisk(deps: PublishAtRiskDeps, minute: number): Promise<number> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => [shard, UNARMED + shard]).flat();
  const counts = await Promise.all(
    REMINDERS.flatMap((hours) => shards.map((shard) => remindShard(deps, shard, minute * MINUTE, hours))),
  );
  return counts.reduce((total, count) => total + count, 0);
}

async function remindShard(deps: PublishAtRiskDeps, shard: number, now: Instant, hours: number): Promise<number> {
  const from = now + hours * HOUR;
  let reminded = 0;
  for await (const key of deps.prebookings.unfinished(shard, from + MINUTE, from))
    if (await remindOne(deps, key, hours)) reminded += 1;
  return reminded;
}

/** One that cannot be published keeps no other from its turn. */
async function remindOne(deps: PublishAtRiskDeps, key: PrebookingKey, hours: number): Promise<boolean> {
  const { prebookings, sessions, publish, logger } = deps;
  const prebooking = await prebookings.find(key);
  if (!prebooking || !isUnfinished(prebooking)) return false;
  if ((await sessions.getBackgroundSession(key.email))?.state === 'active') return false;
  try {
    await publish(prebookingAtRisk(prebooking, hours));
    return true;
  } catch (error) {
    logger.error('event-not-published', error, { prebooking: prebooking.id });
    return false;
  }
}
