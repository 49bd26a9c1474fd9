import type { Class, Prebooking } from '../api-types.ts';
import { weekdayNumber } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { act } from './actions.ts';
import { call } from './api.ts';
import {
  box,
  loadBookings,
  loadDays,
  loadPrebookings,
  loadRoutines,
  loadShownDays,
  replacePrebooking,
  seen,
} from './data.ts';
import { openCard } from './screen.ts';

export const cardKey = ({ day, classId }: Class): string => `class ${day} ${classId}`;

/** The person that the page books for, as a request names them. */
const forWhom = () => {
  const { familyId } = seen.value;
  return familyId === null ? {} : { familyId };
};

/** The box, the day and the person that a request about a class names. */
const order = ({ day, classId }: Class) => ({ box: box.value?.box ?? '', day, classId, ...forWhom() });

/** Books a class at once, or joins its waitlist. If it is too early after all, the class is ordered. */
export const book = (listed: Class): Promise<void> =>
  act(cardKey(listed), async () => {
    const answer = await call('POST /v1/bookings', { body: order(listed) });
    if (answer.status === 'prebooked') {
      replacePrebooking(answer.prebooking);
      // The refusal has told how the box opens, so other classes are no longer offered as open.
      void loadShownDays();
    } else await Promise.all([loadDays(listed.day, 1), loadBookings()]);
    offerEveryWeek(listed);
    return undefined;
  });

/** Orders a class for its opening. */
export const prebook = (listed: Class): Promise<void> =>
  act(cardKey(listed), async () => {
    const { prebooking } = await call('POST /v1/prebookings', { body: order(listed) });
    replacePrebooking(prebooking);
    if (prebooking.result !== null) await loadDays(listed.day, 1);
    offerEveryWeek(listed);
    return undefined;
  });

/** Opens the options of a class that was just booked or ordered: one of them is to have it every week. */
function offerEveryWeek(listed: Class): void {
  if (listed.routineId === null) openCard.value = cardKey(listed);
}

/** What it takes to cancel a booking. */
type Booked = {
  readonly box: string;
  readonly bookingId: string;
  readonly familyId: string | null;
  readonly day: string;
};

/** Cancels a booking. @param late whether the member has agreed to lose the credit. */
export const cancelBooking = (key: string, booked: Booked, late: boolean): Promise<void> =>
  act(key, async () => {
    const { bookingId, familyId } = booked;
    const query = {
      box: booked.box,
      ...(familyId !== null && { familyId }),
      ...(late && { late: 'true' as const }),
    };
    await call('DELETE /v1/bookings/{bookingId}', { path: { bookingId }, query });
    await Promise.all([loadDays(booked.day, 1), loadBookings(), loadPrebookings()]);
    return undefined;
  });

/** Returns the member's booking of a listed class, if there is one. */
export function bookingOf({ bookingId, day }: Class): Booked | undefined {
  if (bookingId === null) return undefined;
  return { box: box.value?.box ?? '', bookingId, familyId: seen.value.familyId, day };
}

export const cancelPrebooking = (key: string, { id, day }: Prebooking): Promise<void> =>
  act(key, async () => {
    await call('DELETE /v1/prebookings/{id}', { path: { id } });
    await Promise.all([loadPrebookings(), loadDays(day, 1)]);
    return undefined;
  });

/** Orders a class for every week. @param say what to say when it is done. */
export const bookEveryWeek = (listed: Class, say: string): Promise<void> =>
  act(cardKey(listed), async () => {
    const { name: className, startsLocal: startsAt, day } = listed;
    const body = { box: box.value?.box ?? '', weekday: weekdayNumber(day), startsAt, className, ...forWhom() };
    await call('POST /v1/routines', { body });
    await Promise.all([loadRoutines(), loadShownDays()]);
    return say;
  });

/** Finds the unfinished pre-booking of a class. */
export const prebookingOf = ({ day, classId, prebookingId }: Class): Prebooking | undefined =>
  seen.value.prebookings.find(
    (one) =>
      (one.id === prebookingId ||
        (one.classId === classId && one.day === day && one.familyId === seen.value.familyId)) &&
      (one.status === 'pending' || one.status === 'firing'),
  );

/** Says in as few words as possible how full a class is: seats left, or how many wait. */
export function describeSeats({ capacity, booked, waitlist, state }: Class): readonly string[] {
  if (state === 'full') return [t().full, ...(waitlist ? [t().inQueue(waitlist)] : [])];
  if (capacity === null) return booked > 0 ? [t().bookedCount(booked)] : [];
  return [t().seatsLeft(Math.max(0, capacity - booked))];
}
