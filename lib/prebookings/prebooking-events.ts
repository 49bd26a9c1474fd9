import { bookingIdOf, type RecordedBooking } from '../bookings/booking.ts';
import type { ClassDetail, ServiceEvent } from '../events/event-schemas.ts';
import { toIso } from '../platform/dynamodb.ts';
import { type Finished, type Prebooking, prebookingId } from './prebooking.ts';

const TYPES = {
  booked: 'PreBooking Booked',
  waitlisted: 'PreBooking Waitlisted',
  failed: 'PreBooking Failed',
} as const;

/** Builds the event about the outcome of a pre-booking. */
export function prebookingFinished(finished: Finished): ServiceEvent {
  const { id, generation, status, result, isAnswered = false } = finished;
  const { outcome, bookingId, message, latenessMs, shots } = result;
  return {
    type: TYPES[status],
    detail: {
      ...classDetail(finished, `${id}-${generation}`),
      ...{ outcome, bookingId, message, latenessMs, shots, isAnswered },
    },
  };
}

/** Builds the event about a pre-booking whose place on the waitlist has become a seat. */
export function prebookingPromoted(finished: Finished): ServiceEvent {
  const { id, generation, result } = finished;
  // A promotion has nothing to do with the opening.
  const { opensAt: _, ...detail } = classDetail(finished, `${id}-${generation}-promoted`);
  return { type: 'Booking Promoted', detail: { ...detail, bookingId: result.bookingId } };
}

/**
 * Builds the event about a place on a waitlist that was booked at once and has become a seat. The event's id contains the id that
 * a pre-booking of the class would have.
 */
export function bookingPromoted(email: string, promoted: PromotedRecord): ServiceEvent {
  const { booked } = promoted;
  const { box, day, classId, familyId, className, classStartsAt, at } = booked;
  return {
    type: 'Booking Promoted',
    detail: {
      ...{ version: '1', eventId: `booking-${prebookingId(email, booked)}-${at}-promoted`, email, prebookingId: null },
      ...{
        box,
        day,
        classId,
        familyId,
        className,
        classStartsAt: toIso(classStartsAt),
        bookingId: bookingIdOf(promoted),
      },
    },
  };
}

type PromotedRecord = Pick<RecordedBooking, 'key'> & { readonly booked: NonNullable<RecordedBooking['booked']> };

/** Builds the event about a wake-up that the sweep has replaced. All such events of a generation have the same id. */
export const wakeUpLost = (prebooking: Prebooking): ServiceEvent => ({
  type: 'WakeUp Lost',
  detail: classDetail(prebooking, `${prebooking.id}-${prebooking.generation}-lost`),
});

/** Builds the event about a late wake-up. @returns undefined if the wake-up was on time. */
export function wakeUpLate(finished: Finished): ServiceEvent | undefined {
  const { id, generation, wokenLateMs: lateMs } = finished;
  if (lateMs === undefined) return undefined;
  return { type: 'WakeUp Late', detail: { ...classDetail(finished, `${id}-${generation}-late`), lateMs } };
}

/**
 * Builds the reminder that a pre-booking has no live session.
 *
 * @param hours 12 or 2: distinguishes the two reminders' event ids.
 */
export const prebookingAtRisk = (prebooking: Prebooking, hours: number): ServiceEvent => ({
  type: 'PreBooking AtRisk',
  detail: classDetail(prebooking, `${prebooking.id}-${prebooking.generation}-at-risk-${hours}`),
});

function classDetail(prebooking: Prebooking, eventId: string): ClassDetail {
  const { id, email, box, day, classId, familyId, className, classStartsAt, opensAt } = prebooking;
  return {
    ...{ version: '1', eventId, email, prebookingId: id, box, day, classId, familyId, className },
    classStartsAt: toIso(classStartsAt),
    opensAt: toIso(opensAt),
  };
}
