import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { withOptimisticLock } from '../platform/optimistic-lock.ts';
import type { PendingQuota } from './pending-quota.ts';
import { type Cancelled, isUnfinished, type Pending, type Prebooking, type PrebookingKey } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUps } from './wake-ups.ts';

export type CancelPrebookingDeps = {
  readonly prebookings: PrebookingStore;
  readonly quota: Pick<PendingQuota, 'release'>;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Cancels a pre-booking for its member. If the pre-booking follows its class meanwhile, cancels it with its new opening. If the class
 * is ordered again meanwhile, the order that the member saw has ended, and the new order stays: it may be the member's later wish.
 *
 * @throws AppError prebooking-not-found, prebooking-firing, prebooking-finished; unavailable if it changed again and again meanwhile.
 */
export async function cancelPrebooking(
  deps: CancelPrebookingDeps,
  key: PrebookingKey,
  signal: AbortSignal,
): Promise<void> {
  let seen: Pending | undefined;
  const cancelOnce = async (): Promise<true | undefined> => {
    const prebooking = await deps.prebookings.find(key);
    if (prebooking?.status !== 'pending') throw refusal(prebooking);
    if (seen && prebooking.createdAt !== seen.createdAt) return true;
    if (seen && isUnchanged(seen, prebooking)) throw refusal(prebooking);
    seen = prebooking;
    return (await cancelPending(deps, prebooking, 'member')) || undefined;
  };
  await withOptimisticLock(deps.clock, cancelOnce, signal);
}

/** Checks whether a pre-booking is as it was seen. A firing that follows the class changes the opening, but not the generation. */
const isUnchanged = (seen: Pending, { generation, opensAt }: Pending): boolean =>
  generation === seen.generation && opensAt === seen.opensAt;

/**
 * Cancels a pending pre-booking.
 *
 * @returns false if the pre-booking has changed, or can no longer be cancelled (`PrebookingStore.cancel`).
 */
export async function cancelPending(
  deps: CancelPrebookingDeps,
  prebooking: Pending,
  by: Cancelled['cancelledBy'],
): Promise<boolean> {
  if (!(await deps.prebookings.cancel(prebooking, by, deps.clock.now()))) return false;
  await deps.quota.release(prebooking);
  deps.logger.info('prebooking-cancelled', { prebooking: prebooking.id, by });
  // If the wake-up cannot be deleted, it finds the pre-booking cancelled and does nothing.
  await deps.wakeUps
    .disarm(prebooking)
    .catch((error: unknown) => deps.logger.error('rollback-failed', error, { prebooking: prebooking.id }));
  return true;
}

function refusal(prebooking: Prebooking | undefined): AppError {
  if (!prebooking) return new AppError('prebooking-not-found', 'You have no such pre-booking.');
  // A pre-booking that is still pending was claimed, and opens in less than 3 s (`PrebookingStore.cancel`).
  if (isUnfinished(prebooking))
    return new AppError('prebooking-firing', 'The pre-booking is being fired and can no longer be cancelled.');
  return new AppError(
    'prebooking-finished',
    'The pre-booking has ended. Cancel a booking with DELETE /v1/bookings/{bookingId}.',
  );
}
