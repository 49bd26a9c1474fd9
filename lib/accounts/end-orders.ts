import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { isUnfinished, type Prebooking } from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { WakeUps } from '../prebookings/wake-ups.ts';

export type EndOrdersDeps = {
  readonly prebookings: Pick<PrebookingStore, 'list' | 'find' | 'cancel'>;
  readonly wakeUps: Pick<WakeUps, 'disarm'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** How long after its opening a firing has mostly ended, in milliseconds. */
const FIRING_TAKES = 10 * SECOND;

/** How many pre-bookings are ended at the same time. */
const CONCURRENCY = 10;

/** Finds a pre-booking of the member's that is being fired. */
export async function findFiring({ prebookings }: EndOrdersDeps, email: string): Promise<Prebooking | undefined> {
  return (await prebookings.list(email)).find(({ status }) => status === 'firing');
}

/**
 * Cancels all pending pre-bookings of a member, and deletes every wake-up that is still to come, those of orders included that
 * ended before their wake-up could be deleted.
 *
 * @returns the pre-bookings that are being fired, and so could not be cancelled.
 */
export async function endOrders(deps: EndOrdersDeps, email: string): Promise<readonly Prebooking[]> {
  const waiting = [...(await deps.prebookings.list(email))];
  const firing: Prebooking[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) if (!(await endOrder(deps, next))) firing.push(next);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return firing;
}

/** @returns false if the pre-booking is being fired. */
async function endOrder({ prebookings, wakeUps, clock, logger }: EndOrdersDeps, seen: Prebooking): Promise<boolean> {
  const now = clock.now();
  if (isUnfinished(seen)) {
    const isCancelled = seen.status === 'pending' && (await prebookings.cancel(seen, 'member', now));
    const current = isCancelled ? undefined : await prebookings.find(seen);
    if (current && isUnfinished(current)) return false;
    if (isCancelled) logger.info('prebooking-cancelled', { prebooking: seen.id, by: 'member' });
  }
  if (seen.wakesAt > now) await wakeUps.disarm(seen);
  return true;
}

/** Builds the refusal of an end that a firing stands in the way of. */
export const refusedByFiring = ({ opensAt }: Prebooking, now: Instant): AppError =>
  new AppError('prebooking-firing', 'A pre-booking of this account is being fired. Try again when it has ended.', {
    retryAfter: Math.ceil(Math.max(opensAt + FIRING_TAKES - now, FIRING_TAKES / 2) / SECOND),
  });
