import type { RecordedBooking } from '../../../lib/bookings/booking.ts';
import type { Cancelled, Finished, ListedClassRef, Pending, Result } from '../../../lib/prebookings/prebooking.ts';
import { prebookingId } from '../../../lib/prebookings/prebooking.ts';

/* What is stored of one class of a member: orders, bookings and cancellations. */

const HOUR = 3_600_000;
export const EMAIL = 'ada@example.com';
/** Noon in Madrid, four days before the clocks go forward. */
export const NOW = Date.UTC(2026, 2, 25, 11);

export const CLASS: ListedClassRef = {
  ...{ whenFull: null, routineId: null },
  ...{ box: 'crossfit-demo', boxId: '1', day: '2026-03-30', classId: '42', familyId: null, className: 'WOD' },
  ...{ classTime: '18:00', classStartsAt: Date.UTC(2026, 2, 30, 16), classEndsAt: Date.UTC(2026, 2, 30, 17, 30) },
};
const common = (wanted: ListedClassRef, orderedAt: number) => ({
  ...wanted,
  ...{ email: EMAIL, id: prebookingId(EMAIL, wanted), generation: orderedAt, createdAt: orderedAt },
  ...{ opensAt: NOW + HOUR, wakesAt: NOW + HOUR - 90_000 },
});

export const pending = (orderedAt = NOW, wanted = CLASS): Pending => ({
  ...common(wanted, orderedAt),
  ...{ status: 'pending', armed: true, lease: null },
});

export function finished(
  status: Finished['status'],
  bookingId: string | null,
  endedAt: number,
  wanted = CLASS,
  outcome: Result['outcome'] = status === 'failed' ? 'class-full' : status,
): Finished {
  const result: Result = {
    ...{ outcome, bookingId, code: null, message: null, firedAt: null },
    ...{ latenessMs: null, latenessBoundMs: null, shots: 1, aimedBy: null },
  };
  return { ...common(wanted, NOW), status, result, endedAt };
}

export const cancelled = (endedAt: number): Cancelled => ({
  ...common(CLASS, NOW),
  ...{ status: 'cancelled', cancelledBy: 'member', endedAt },
});

export const booking = (bookingId: string, at: number, cancelledAt: number | null = null): RecordedBooking => ({
  key: `crossfit-demo#${bookingId}`,
  booked: { ...CLASS, kind: 'booked', at },
  cancelledAt,
});

export const cancellation = (bookingId: string, cancelledAt: number, box = 'crossfit-demo'): RecordedBooking => ({
  key: `${box}#${bookingId}`,
  booked: null,
  cancelledAt,
});
