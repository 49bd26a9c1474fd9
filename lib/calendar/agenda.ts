import { bookingKey, type RecordedBooking } from '../bookings/booking.ts';
import { DAY, HOUR, type Instant } from '../platform/clock.ts';
import { type Prebooking, prebookingId } from '../prebookings/prebooking.ts';

/** What a calendar shows of one class. */
export type Entry = {
  /** The same for the same class of the same member, whatever becomes of it. */
  readonly id: string;
  readonly state: 'pending' | 'booked' | 'waitlisted' | 'cancelled';
  readonly box: string;
  readonly className: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** When bookings open, for a class that is still to be booked. */
  readonly opensAt: Instant | null;
  readonly changedAt: Instant;
};

/** Classes are shown until this long after they started. */
const SHOWN_FOR = 28 * DAY;

/** A class whose end nobody told is taken to last an hour, as most do. */
const USUAL_LENGTH = HOUR;

/** A member's classes as a calendar shows them, one entry for each, in the order in which they start. */
export function agenda(
  email: string,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
  now: Instant,
): readonly Entry[] {
  const cancelledAt = new Map(bookings.map((booking) => [booking.key, booking.cancelledAt]));
  const entries = [
    ...prebookings.map((prebooking) => entryOfPrebooking(prebooking, cancelledAt)),
    ...bookings.flatMap((booking) => entryOfBooking(email, booking)),
  ].filter(({ startsAt }) => startsAt > now - SHOWN_FOR);
  return [...Map.groupBy(entries, ({ id }) => id).values()]
    .map(asOne)
    .toSorted((one, other) => one.startsAt - other.startsAt || (one.id < other.id ? -1 : 1));
}

function entryOfPrebooking(prebooking: Prebooking, cancelledAt: ReadonlyMap<string, Instant | null>): Entry {
  const { id, box, className, classStartsAt: startsAt, classEndsAt } = prebooking;
  const shown = { id, box, className, startsAt, endsAt: classEndsAt ?? startsAt + USUAL_LENGTH, opensAt: null };
  switch (prebooking.status) {
    case 'pending':
    case 'firing':
      return { ...shown, state: 'pending', opensAt: prebooking.opensAt, changedAt: prebooking.createdAt };
    case 'booked':
    case 'waitlisted': {
      const { bookingId } = prebooking.result;
      const cancelled = bookingId === null ? null : cancelledAt.get(bookingKey(box, bookingId));
      if (cancelled) return { ...shown, state: 'cancelled', changedAt: cancelled };
      return { ...shown, state: prebooking.status, changedAt: prebooking.endedAt };
    }
    case 'failed':
    case 'cancelled':
      return { ...shown, state: 'cancelled', changedAt: prebooking.endedAt };
  }
}

function entryOfBooking(email: string, { booked, cancelledAt }: RecordedBooking): readonly Entry[] {
  if (booked === null) return [];
  const { box, className, classStartsAt: startsAt, classEndsAt, kind, at } = booked;
  return [
    {
      id: prebookingId(email, booked),
      state: cancelledAt === null ? kind : 'cancelled',
      ...{ box, className, startsAt, endsAt: classEndsAt ?? startsAt + USUAL_LENGTH, opensAt: null },
      changedAt: cancelledAt ?? at,
    },
  ];
}

/** Of all that became of one class the last counts; but a booking that was cancelled does not hide what is still ordered. */
function asOne(entries: readonly Entry[]): Entry {
  const last = entries.reduce((one, other) => (other.changedAt >= one.changedAt ? other : one));
  const ordered = entries.find(({ state }) => state === 'pending');
  return last.state === 'cancelled' && ordered ? { ...ordered, changedAt: last.changedAt } : last;
}
