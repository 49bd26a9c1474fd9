import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { mapBounded } from '../platform/map-bounded.ts';
import { isUnfinished, type Prebooking, UNCANCELLABLE_BEFORE } from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { WakeUps } from '../prebookings/wake-ups.ts';

export type EndOrdersDeps = {
  readonly prebookings: Pick<PrebookingStore, 'list' | 'find' | 'cancel'>;
  readonly wakeUps: Pick<WakeUps, 'disarm'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** How long after its opening a firing has probably ended, in milliseconds. */
const FIRING_TAKES = 10 * SECOND;

/** How many pre-bookings are ended at the same time. */
const CONCURRENCY = 10;

/** How long it takes at most, in milliseconds, from looking for a firing to cancelling the orders. */
const CANCELS_WITHIN = 2 * SECOND;

/** Finds a pre-booking of the member's that is being fired, or is so near its shot that it could not be cancelled. */
export async function findFiring(deps: EndOrdersDeps, email: string): Promise<Prebooking | undefined> {
  const soon = deps.clock.now() + UNCANCELLABLE_BEFORE + CANCELS_WITHIN;
  return (await listOrders(deps, email)).find(
    (one) => one.status === 'firing' || (one.status === 'pending' && one.lease !== null && one.opensAt <= soon),
  );
}

/**
 * Cancels all pending pre-bookings of a member, and deletes every wake-up that is still to come, also of orders that have ended.
 *
 * @returns the pre-bookings that are being fired, and so could not be cancelled.
 */
export async function endOrders(deps: EndOrdersDeps, email: string): Promise<readonly Prebooking[]> {
  const orders = await listOrders(deps, email);
  const firing = await mapBounded(orders, CONCURRENCY, async (one) => ((await endOrder(deps, one)) ? [] : [one]));
  return firing.flat();
}

/** Lists a member's pre-bookings. One that this version cannot read keeps no member from ending an account. */
const listOrders = ({ prebookings, logger }: EndOrdersDeps, email: string): Promise<readonly Prebooking[]> =>
  prebookings.list(email, (error) => logger.error('unexpected-error', error, { during: 'end-orders' }));

/** @returns false if the pre-booking is being fired. */
async function endOrder({ prebookings, wakeUps, clock, logger }: EndOrdersDeps, seen: Prebooking): Promise<boolean> {
  const now = clock.now();
  if (isUnfinished(seen)) {
    // A routine leaves out a date whose order the member has cancelled. If this member comes back, it shall leave out none.
    const by = seen.routineId === null ? 'member' : 'routine';
    const isCancelled = seen.status === 'pending' && (await prebookings.cancel(seen, by, now));
    const current = isCancelled ? undefined : await prebookings.find(seen);
    if (current && isUnfinished(current)) return false;
    if (isCancelled) logger.info('prebooking-cancelled', { prebooking: seen.id, by });
  }
  if (seen.wakesAt > now) await wakeUps.disarm(seen);
  return true;
}

/** Builds the refusal of an end that a firing stands in the way of. */
export const refusedByFiring = ({ opensAt }: Prebooking, now: Instant): AppError =>
  new AppError('prebooking-firing', 'A pre-booking of this account is being fired. Try again when it has ended.', {
    retryAfter: Math.ceil(Math.max(opensAt + FIRING_TAKES - now, FIRING_TAKES / 2) / SECOND),
  });
