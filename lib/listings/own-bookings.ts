import { bookingIdOf, bookingKey, keysOf, type RecordedBooking } from '../bookings/booking.ts';
import type { Instant } from '../platform/clock.ts';
import { isFinished, type Prebooking } from '../prebookings/prebooking.ts';

/**
 * What made a booking: the member's own pre-booking, a routine's pre-booking, a request to this API, or none of these. A place on
 * the waitlist that was there before the firing counts as the pre-booking's all the same.
 */
export const VIA = ['prebooking', 'routine', 'api', 'elsewhere'] as const;
type Via = (typeof VIA)[number];

/** A booking of a member, as the service has recorded it: in a pre-booking, or as a booking that was made at once. */
export type ServiceBooking = {
  readonly box: string;
  readonly day: string;
  readonly familyId: string | null;
  readonly classId: string | null;
  readonly bookingId: string | null;
  readonly className: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant | null;
  readonly status: 'booked' | 'waitlisted';
  readonly via: Via;
  readonly prebookingId: string | null;
  readonly routineId: string | null;
  /** When a request made the booking, or when the pre-booking ended that made or found it. */
  readonly madeAt: Instant;
};

/** The service's records of a member's bookings. */
export type ServiceRecords = {
  /**
   * The bookings that were not cancelled through the service. Those that the service made come before those that it only found at
   * AimHarder, because the first record of a booking tells what made it (`joinBookings`).
   */
  readonly bookings: readonly ServiceBooking[];
  /** When bookings were cancelled through the service, by `bookingKey`. */
  readonly cancelledAt: ReadonlyMap<string, Instant>;
};

/** Collects the service's records of a member's bookings. */
export function collectServiceRecords(
  prebookings: readonly Prebooking[],
  recorded: readonly RecordedBooking[],
): ServiceRecords {
  const cancelledAt = new Map(
    recorded.flatMap((record) => {
      const { cancelledAt: at } = record;
      return at === null ? [] : keysOf(record).map((key) => [key, at] as const);
    }),
  );
  const all = [...prebookings.flatMap(fromPrebooking), ...recorded.flatMap(fromRecord)];
  const notCancelled = all.filter(
    ({ box, bookingId }) => bookingId === null || !cancelledAt.has(bookingKey(box, bookingId)),
  );
  const found = notCancelled.filter(({ via }) => via === 'elsewhere');
  const made = notCancelled.filter(({ via }) => via !== 'elsewhere');
  return { bookings: [...made, ...found], cancelledAt };
}

function fromPrebooking(prebooking: Prebooking): readonly ServiceBooking[] {
  if (!isFinished(prebooking) || prebooking.status === 'failed') return [];
  const { box, day, familyId, classId, className, routineId, result, status } = prebooking;
  const orderedBy = routineId === null ? 'prebooking' : 'routine';
  return [
    {
      ...{ box, day, familyId, classId, className, status, routineId, prebookingId: prebooking.id },
      bookingId: result.bookingId,
      startsAt: prebooking.classStartsAt,
      endsAt: prebooking.classEndsAt ?? null,
      via: result.outcome === 'already-booked' ? 'elsewhere' : orderedBy,
      madeAt: prebooking.endedAt,
    },
  ];
}

function fromRecord(record: RecordedBooking): readonly ServiceBooking[] {
  const { booked, cancelledAt } = record;
  if (booked === null || cancelledAt !== null) return [];
  const { box, day, familyId, classId, className, kind, at } = booked;
  return [
    {
      ...{ box, day, familyId, classId, className, status: kind, routineId: null, prebookingId: null },
      bookingId: bookingIdOf(record),
      startsAt: booked.classStartsAt,
      endsAt: booked.classEndsAt ?? null,
      via: 'api',
      madeAt: at,
    },
  ];
}
