import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Prebooking, PrebookingKey } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUps } from './wake-ups.ts';

export type CancelDeps = {
  readonly prebookings: PrebookingStore;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** @throws AppError prebooking-not-found, prebooking-firing, prebooking-finished. */
export async function cancelPrebooking(deps: CancelDeps, key: PrebookingKey): Promise<void> {
  const prebooking = await deps.prebookings.find(key);
  if (prebooking?.status !== 'pending') throw refusal(prebooking);
  if (!(await deps.prebookings.cancel(prebooking, deps.clock.now()))) throw refusal(await deps.prebookings.find(key));
  await deps.prebookings.release(prebooking);
  deps.logger.info('prebooking-cancelled', { prebooking: prebooking.id });
  // Cancelled it is: a wake-up that stays behind starts nothing.
  await deps.wakeUps
    .disarm(prebooking)
    .catch((error: unknown) => deps.logger.error('undo-failed', error, { prebooking: key.id }));
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
