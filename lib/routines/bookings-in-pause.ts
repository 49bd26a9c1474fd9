import type { RecordedBooking } from '../bookings/booking.ts';
import { agenda } from '../calendar/agenda.ts';
import type { Instant } from '../platform/clock.ts';
import { isFinished, type Prebooking, prebookingId } from '../prebookings/prebooking.ts';
import { isClassOf, type Pause, type Plan } from './routine.ts';

/** A class that is booked although it is paused. */
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

/** The coming classes that a member is booked into, inside the plan's pauses, in the order in which they start. */
export function bookedWithin(
  plan: Plan,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
  now: Instant,
  timezoneOf: (box: string) => string,
): readonly BookedInPause[] {
  const places = placesOf(plan.email, prebookings, bookings);
  return agenda(plan.email, prebookings, bookings, now).flatMap(({ id, state, startsAt }) => {
    const place = places.get(id);
    if (!place || startsAt <= now || (state !== 'booked' && state !== 'waitlisted')) return [];
    const paused = plan.pauses.some((pause) => covers(plan, pause, place, timezoneOf));
    return paused ? [{ ...place, status: state }] : [];
  });
}

type Place = Omit<BookedInPause, 'status'>;

/** What is known of each place, by the id that the agenda gives its class. */
function placesOf(
  email: string,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
): ReadonlyMap<string, Place> {
  const ordered = prebookings.filter(isFinished).map((one): readonly [string, Place] => {
    const { box, day, classId, familyId, className, classStartsAt, routineId, result } = one;
    return [
      one.id,
      { ...{ box, day, classId, familyId, className, classStartsAt, routineId }, bookingId: result.bookingId },
    ];
  });
  const atOnce = bookings.flatMap(({ key, booked, cancelledAt }): readonly (readonly [string, Place])[] => {
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
  return new Map([...ordered, ...atOnce]);
}

/** A pause of one routine covers that routine's class only, whoever has booked it. */
function covers(
  { routines }: Plan,
  { from, until, routineId }: Pause,
  place: Place,
  timezoneOf: (box: string) => string,
) {
  if (place.day < from || place.day > until) return false;
  if (routineId === null || place.routineId === routineId) return true;
  const routine = routines.find(({ id }) => id === routineId);
  return routine !== undefined && isClassOf(routine, place, timezoneOf);
}
