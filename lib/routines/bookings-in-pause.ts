import { bookingIdOf, type RecordedBooking } from '../bookings/booking.ts';
import { buildAgenda } from '../calendar/agenda.ts';
import type { Instant } from '../platform/clock.ts';
import { isFinished, type Prebooking } from '../prebookings/prebooking.ts';
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

/** Finds a member's future booked classes that a pause covers, ordered by their start. */
export function findBookingsInPauses(
  plan: Plan,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
  now: Instant,
  timezoneOf: (box: string) => string,
): readonly BookedInPause[] {
  const places = collectPlaces(prebookings, bookings);
  return buildAgenda(plan.email, prebookings, bookings, now).flatMap(({ stateFrom, state, startsAt }) => {
    const place = places.get(stateFrom);
    if (!place || startsAt <= now || (state !== 'booked' && state !== 'waitlisted')) return [];
    const paused = plan.pauses.some((pause) => covers(plan, pause, place, timezoneOf));
    return paused ? [{ ...place, status: state }] : [];
  });
}

type BookedPlace = Omit<BookedInPause, 'status'>;

/** Collects the booked places by what `buildAgenda` gives as `stateFrom`. */
function collectPlaces(
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
): ReadonlyMap<string, BookedPlace> {
  const prebooked = prebookings.filter(isFinished).map((prebooking): readonly [string, BookedPlace] => {
    const { box, day, classId, familyId, className, classStartsAt, routineId, result } = prebooking;
    return [
      prebooking.id,
      { ...{ box, day, classId, familyId, className, classStartsAt, routineId }, bookingId: result.bookingId },
    ];
  });
  const atOnce = bookings.flatMap((record): readonly (readonly [string, BookedPlace])[] => {
    const { booked, cancelledAt } = record;
    if (booked === null || cancelledAt !== null) return [];
    const { box, day, classId, familyId, className, classStartsAt } = booked;
    const bookingId = bookingIdOf(record);
    return [[record.key, { ...{ box, day, classId, familyId, className, classStartsAt }, routineId: null, bookingId }]];
  });
  return new Map([...prebooked, ...atOnce]);
}

/** Checks whether a pause covers a class. A pause of one routine covers the routine's class even if the member booked it. */
function covers(
  { routines }: Plan,
  { from, until, routineId }: Pause,
  place: BookedPlace,
  timezoneOf: (box: string) => string,
) {
  if (place.day < from || place.day > until) return false;
  if (routineId === null || place.routineId === routineId) return true;
  const routine = routines.find(({ id }) => id === routineId);
  return routine !== undefined && isClassOf(routine, place, timezoneOf);
}
