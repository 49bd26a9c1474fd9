import { type Place, recordedKey } from '../bookings/booking.ts';
import { type BookingStore, recordBestEffort } from '../bookings/booking-store.ts';
import type { Instant } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { IsDeleted } from '../sessions/tombstones.ts';
import type { BookingWatches } from './booking-watches.ts';
import type { ListedClassRef } from './prebooking.ts';

export type RecordAtOnceDeps = {
  readonly bookings: Pick<BookingStore, 'recordBooked'>;
  readonly watches: Pick<BookingWatches, 'add'>;
  readonly isDeleted: IsDeleted;
  readonly logger: Logger;
};

/** Records a booking that was made at once, and adds a watch for a place on the waitlist. Skips an account that is deleted. */
export async function recordAtOnce(
  deps: RecordAtOnceDeps,
  email: string,
  wanted: ListedClassRef,
  place: Place,
  now: Instant,
): Promise<void> {
  if (await deps.isDeleted(email)) return;
  await recordBestEffort(deps.logger, deps.bookings.recordBooked(email, wanted, place, now));
  if (place.kind !== 'waitlisted') return;
  const key = recordedKey(wanted, place.bookingId);
  await recordBestEffort(deps.logger, deps.watches.add(email, key, wanted.classStartsAt));
}
