import { bookingIdOf, bookingKey, keysOf, type RecordedBooking } from '../bookings/booking.ts';
import type { Instant } from '../platform/clock.ts';
import { isFinished, type Prebooking } from '../prebookings/prebooking.ts';

/** What made a booking: the member's own pre-booking, a routine's pre-booking, a request to this API, or none of these. */
export const VIA = ['prebooking', 'routine', 'api', 'elsewhere'] as const;
type Via = (typeof VIA)[number];

/** A booking that the service has recorded, and that was not cancelled through it. */
export type OwnBooking = {
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
  /** When the service recorded the booking. */
  readonly madeAt: Instant;
};

/** What the service has recorded of a member's bookings. */
export type OwnRecords = {
  /** Bookings that the service made come before those that it only found at AimHarder. */
  readonly bookings: readonly OwnBooking[];
  /** When bookings were cancelled through the service, by `bookingKey`. */
  readonly cancelledAt: ReadonlyMap<string, Instant>;
};

/** Collects what the service has recorded of a member's bookings. */
export function collectOwnRecords(
  prebookings: readonly Prebooking[],
  recorded: readonly RecordedBooking[],
): OwnRecords {
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

function fromPrebooking(prebooking: Prebooking): readonly OwnBooking[] {
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

function fromRecord(record: RecordedBooking): readonly OwnBooking[] {
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
