import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Cancelled, Pending, Prebooking, PrebookingKey } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUps } from './wake-ups.ts';

export type CancelPrebookingDeps = {
  readonly prebookings: PrebookingStore;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** Cancels for the member. @throws AppError prebooking-not-found, prebooking-firing, prebooking-finished. */
export async function cancelPrebooking(deps: CancelPrebookingDeps, key: PrebookingKey): Promise<void> {
  const prebooking = await deps.prebookings.find(key);
  if (prebooking?.status !== 'pending') throw refusal(prebooking);
  if (!(await cancelPending(deps, prebooking, 'member'))) throw refusal(await deps.prebookings.find(key));
}

/** @returns false when it is no longer pending. */
export async function cancelPending(
  deps: CancelPrebookingDeps,
  prebooking: Pending,
  by: Cancelled['cancelledBy'],
): Promise<boolean> {
  if (!(await deps.prebookings.cancel(prebooking, by, deps.clock.now()))) return false;
  await deps.prebookings.release(prebooking);
  deps.logger.info('prebooking-cancelled', { prebooking: prebooking.id, by });
  // Cancelled it is: a wake-up that stays behind starts nothing.
  await deps.wakeUps
    .disarm(prebooking)
    .catch((error: unknown) => deps.logger.error('undo-failed', error, { prebooking: prebooking.id }));
  return true;
}

function refusal(prebooking: Prebooking | undefined): AppError {
  if (!prebooking) return new AppError('prebooking-not-found', 'There is no such pre-booking.');
  if (prebooking.status === 'firing')
    return new AppError('prebooking-firing', 'It is being fired and can no longer be cancelled.');
  return new AppError(
    'prebooking-finished',
    'It is finished. A booking is cancelled with DELETE /v1/bookings/{bookingId}.',
  );
}
