import { createHash } from 'node:crypto';
import type { Publish } from '../events/event-bus.ts';
import type { ServiceEvent } from '../events/event-schemas.ts';
import type { Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { type EndOrdersDeps, endOrders } from './end-orders.ts';
import { type EraseDeps, erase } from './erase.ts';

export type EndMembershipDeps = EraseDeps & EndOrdersDeps & { readonly publish: Publish };

/**
 * Ends the sessions, the routines and the pending pre-bookings of a member who is no longer invited, forgets the kept password,
 * and notifies the member. Bookings, settings and the calendar stay. The sessions go last: if the process dies,
 * `startAccountEnds` finds the member by a session, and all this is done again. A repetition on the same day (UTC) publishes
 * the same event. A firing that can no longer be cancelled (`UNCANCELLABLE_BEFORE`) goes on if it has committed; otherwise it
 * finds no session, and ends as `login-required`.
 */
export async function endMembership(deps: EndMembershipDeps, email: string): Promise<void> {
  // The kept password goes first, so that no relogin makes a dead session active meanwhile.
  await erase(deps, 'credentials', email);
  await erase(deps, 'routines', email);
  await endOrders(deps, email);
  await deps.publish(memberNotInvited(email, deps.clock.now()));
  await erase(deps, 'sessions', email);
  deps.logger.info('membership-ended');
}

/** Builds the event. Its id is the same all day, so that the member is notified once although the event may be published again. */
function memberNotInvited(email: string, now: Instant): ServiceEvent {
  const since = toIso(now);
  const member = createHash('sha256').update(email).digest('hex').slice(0, 32);
  return {
    type: 'Member NotInvited',
    detail: { version: '1', eventId: `${member}-not-invited-${since.slice(0, 10)}`, email, since },
  };
}
