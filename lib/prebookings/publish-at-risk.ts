import type { Publish } from '../events/event-bus.ts';
import { HOUR, type Instant, MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { settleAll } from '../platform/settle-all.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { isUnfinished, type PrebookingKey, type Unfinished } from './prebooking.ts';
import { prebookingAtRisk } from './prebooking-events.ts';
import { ARMED_SHARDS, UNARMED_SHARDS } from './prebooking-record.ts';
import type { PrebookingStore } from './prebooking-store.ts';

export type FollowAndRemindDeps = {
  readonly prebookings: PrebookingStore;
  readonly sessions: SessionStore;
  /** Follows a pre-booking whose class has moved (`createClassFollower`). */
  readonly follow: (prebooking: Unfinished) => Promise<Unfinished>;
  readonly publish: Publish;
  readonly logger: Logger;
};

/**
 * How many hours before the opening of a pre-booking its member is reminded that a login is missing. Both are part of event
 * ids.
 */
const REMINDERS = [12, 2];

/**
 * Handles the pre-bookings that open 12 or 2 hours after one minute. First follows the class if it has moved, so that the
 * order gets new hours and a new opening; then publishes a reminder, with these hours, if the member has no active background
 * session. Runs of two minutes find different openings, and a repeated run of one minute publishes events with the same ids.
 *
 * @param minute counted from the epoch.
 * @returns how many reminders were published.
 */
export async function followAndRemind(deps: FollowAndRemindDeps, minute: number): Promise<number> {
  const counts = await settleAll(
    REMINDERS.flatMap((hours) =>
      [...ARMED_SHARDS, ...UNARMED_SHARDS].map((shard) => remindShard(deps, shard, minute * MINUTE, hours)),
    ),
  );
  return counts.reduce((total, count) => total + count, 0);
}

async function remindShard(
  deps: FollowAndRemindDeps,
  shard: number,
  minuteStart: Instant,
  hours: number,
): Promise<number> {
  const opensFrom = minuteStart + hours * HOUR;
  const opensBefore = opensFrom + MINUTE;
  let published = 0;
  for await (const key of deps.prebookings.findKeysByOpening(shard, opensBefore, opensFrom))
    if (await followAndRemindOne(deps, key, hours)) published += 1;
  return published;
}

/**
 * Follows the pre-booking, and publishes its reminder if the member needs it. A failure is only logged, so that the other
 * reminders are still published.
 *
 * @param hours how long before the opening, as it was before following, the reminder is due. Only part of the event's id.
 * @returns whether the reminder was published.
 */
async function followAndRemindOne(deps: FollowAndRemindDeps, key: PrebookingKey, hours: number): Promise<boolean> {
  const { prebookings, sessions, follow, publish, logger } = deps;
  try {
    const found = await prebookings.find(key);
    if (!found || !isUnfinished(found)) return false;
    const prebooking = await follow(found);
    if ((await sessions.getBackgroundSession(key.email))?.state === 'active') return false;
    await publish(prebookingAtRisk(prebooking, hours));
    return true;
  } catch (error) {
    // Whichever step has failed, no reminder was published.
    logger.error('event-not-published', error, { prebooking: key.id });
    return false;
  }
}
