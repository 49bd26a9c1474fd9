import { bookingKey, type RecordedBooking } from '../bookings/booking.ts';
import { DAY, HOUR, type Instant } from '../platform/clock.ts';
import { type Prebooking, prebookingId } from '../prebookings/prebooking.ts';

/** A class as the calendar shows it. */
export type Entry = {
  /** Identifies the class for its member; it stays the same when the class is booked or cancelled. */
  readonly id: string;
  readonly state: 'pending' | 'booked' | 'waitlisted' | 'cancelled';
  readonly box: string;
  readonly className: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** When bookings open; null unless the class is still to be booked. */
  readonly opensAt: Instant | null;
  readonly changedAt: Instant;
};

/** How long after its start a class is still shown. */
const SHOWN_FOR = 28 * DAY;

/** The assumed length of a class whose end is unknown. Most classes last an hour. */
const USUAL_LENGTH = HOUR;

/** Lists a member's classes for the calendar: one entry per class, by start. */
export function agenda(
  email: string,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
  now: Instant,
): readonly Entry[] {
  const cancelledAt = new Map(bookings.map((booking) => [booking.key, booking.cancelledAt]));
  const entries = [
    ...prebookings.map((prebooking) => toPrebookingEntry(prebooking, cancelledAt)),
    ...bookings.flatMap((booking) => toBookingEntries(email, booking)),
  ].filter(({ startsAt }) => startsAt > now - SHOWN_FOR);
  return [...Map.groupBy(entries, ({ id }) => id).values()]
    .map(mergeEntries)
    .toSorted((one, other) => one.startsAt - other.startsAt || (one.id < other.id ? -1 : 1));
}

function toPrebookingEntry(prebooking: Prebooking, cancelledAt: ReadonlyMap<string, Instant | null>): Entry {
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

function toBookingEntries(email: string, { booked, cancelledAt }: RecordedBooking): readonly Entry[] {
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

/** Keeps the latest entry of one class. A cancelled booking does not hide a later order of the same class. */
function mergeEntries(entries: readonly Entry[]): Entry {
  const last = entries.reduce((one, other) => (other.changedAt >= one.changedAt ? other : one));
  const ordered = entries.find(({ state }) => state === 'pending');
  return last.state === 'cancelled' && ordered ? { ...ordered, changedAt: last.changedAt } : last;
}
