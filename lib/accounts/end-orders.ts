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

/** How long after its opening a firing is assumed to run, in milliseconds. */
const FIRING_ENDS_WITHIN = 10 * SECOND;

/** How many pre-bookings are ended at the same time. */
const CONCURRENCY = 10;

/** How long the time from `findFiring` to the last cancellation of `endOrders` is assumed to be, in milliseconds. */
const CANCELS_WITHIN = 2 * SECOND;

/**
 * Finds a pre-booking of the member that is being fired, or soon can no longer be cancelled: a firing has claimed it (it has a
 * lease), and its opening is near. Without a lease, it can be cancelled at any time.
 */
export async function findFiring(deps: EndOrdersDeps, email: string): Promise<Prebooking | undefined> {
  const soon = deps.clock.now() + UNCANCELLABLE_BEFORE + CANCELS_WITHIN;
  return (await listOrders(deps, email)).find(
    (order) =>
      order.status === 'firing' || (order.status === 'pending' && order.lease !== null && order.opensAt <= soon),
  );
}

/**
 * Cancels all pending pre-bookings of a member, and deletes every wake-up that is still to come, even if its order has ended.
 *
 * @returns the pre-bookings that are being fired, and so could not be cancelled.
 */
export async function endOrders(deps: EndOrdersDeps, email: string): Promise<readonly Prebooking[]> {
  const orders = await listOrders(deps, email);
  const firing = await mapBounded(orders, CONCURRENCY, async (order) => ((await endOrder(deps, order)) ? [] : [order]));
  return firing.flat();
}

/**
 * Lists a member's pre-bookings. Skips a pre-booking that this version cannot read, so that the account can be ended all the
 * same.
 */
const listOrders = ({ prebookings, logger }: EndOrdersDeps, email: string): Promise<readonly Prebooking[]> =>
  prebookings.list(email, (error) => logger.error('unexpected-error', error, { during: 'end-orders' }));

/** Cancels a pre-booking if it is pending, and deletes its wake-up. @returns false if the pre-booking is being fired. */
async function endOrder({ prebookings, wakeUps, clock, logger }: EndOrdersDeps, seen: Prebooking): Promise<boolean> {
  const now = clock.now();
  if (isUnfinished(seen)) {
    // A routine leaves out a date whose order the member has cancelled. If the member is invited again and sets up the routine
    // again, no date must be left out, so the routine's orders are cancelled in the routine's name.
    const by = seen.routineId === null ? 'member' : 'routine';
    const isCancelled = seen.status === 'pending' && (await prebookings.cancel(seen, by, now));
    const current = isCancelled ? undefined : await prebookings.find(seen);
    if (current && isUnfinished(current)) return false;
    if (isCancelled) logger.info('prebooking-cancelled', { prebooking: seen.id, by });
  }
  if (seen.wakesAt > now) await wakeUps.disarm(seen);
  return true;
}

/** Builds the refusal to end an account while one of its pre-bookings is being fired. The client waits at least 5 s. */
export const refusedByFiring = ({ opensAt }: Prebooking, now: Instant): AppError =>
  new AppError('prebooking-firing', 'A pre-booking of this account is being fired. Try again when it has ended.', {
    retryAfter: Math.ceil(Math.max(opensAt + FIRING_ENDS_WITHIN - now, FIRING_ENDS_WITHIN / 2) / SECOND),
  });
