import type { RecordedBooking } from '../bookings/booking.ts';
import { agenda } from '../calendar/agenda.ts';
import type { Instant } from '../platform/clock.ts';
import { isFinished, type Prebooking, prebookingId } from '../prebookings/prebooking.ts';
import { isClassOf, type Pause, type Plan } from './routine.ts';

/** A booked class that a pause covers. It stays booked. */
export type BookedInPause = {
  readonly box: string;
  readonly day: string;
  readonly classId: string | null;
  readonly familyId: string | null;
  readonly className: string;
  readonly classStartsAt: Instant;
  readonly status: 'booked' | 'waitlisted';
  readonly bookingId: string | null;
  readonly routineId: string | null;
};

/** Finds a member's booked classes that a pause covers and that are still to come, ordered by their start. */
export function bookingsInPauses(
  plan: Plan,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
  now: Instant,
  timezoneOf: (box: string) => string,
): readonly BookedInPause[] {
  const seats = collectSeats(plan.email, prebookings, bookings);
  return agenda(plan.email, prebookings, bookings, now).flatMap(({ toldBy, state, startsAt }) => {
    const seat = seats.get(toldBy);
    if (!seat || startsAt <= now || (state !== 'booked' && state !== 'waitlisted')) return [];
    const paused = plan.pauses.some((pause) => covers(plan, pause, seat, timezoneOf));
    return paused ? [{ ...seat, status: state }] : [];
  });
}

type BookedSeat = Omit<BookedInPause, 'status'>;

/** Collects the booked seats by the ids of their orders and bookings. */
function collectSeats(
  email: string,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
): ReadonlyMap<string, BookedSeat> {
  const prebooked = prebookings.filter(isFinished).map((one): readonly [string, BookedSeat] => {
    const { box, day, classId, familyId, className, classStartsAt, routineId, result } = one;
    return [
      one.id,
      { ...{ box, day, classId, familyId, className, classStartsAt, routineId }, bookingId: result.bookingId },
    ];
  });
  const atOnce = bookings.flatMap(({ key, booked, cancelledAt }): readonly (readonly [string, BookedSeat])[] => {
    if (booked === null || cancelledAt !== null) return [];
    const { box, day, classId, familyId, className, classStartsAt } = booked;
    const bookingId = /#(\d+)$/.exec(key)?.[1] ?? null;
    return [
      [
        prebookingId(email, booked),
        { ...{ box, day, classId, familyId, className, classStartsAt }, routineId: null, bookingId },
      ],
    ];
  });
  return new Map([...prebooked, ...atOnce]);
}

/** Tells whether a pause covers a class. A pause of one routine covers the routine's class even if the member booked it. */
function covers(
  { routines }: Plan,
  { from, until, routineId }: Pause,
  seat: BookedSeat,
  timezoneOf: (box: string) => string,
) {
  if (seat.day < from || seat.day > until) return false;
  if (routineId === null || seat.routineId === routineId) return true;
  const routine = routines.find(({ id }) => id === routineId);
  return routine !== undefined && isClassOf(routine, seat, timezoneOf);
}
