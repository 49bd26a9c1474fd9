import type { Class, Prebooking } from '../api-types.ts';
import { weekdayNumber } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { runAction } from './actions.ts';
import { call } from './api.ts';
import {
  box,
  chosenDayKey,
  isUnfinished,
  loadBookings,
  loadDays,
  loadPrebookings,
  loadRoutines,
  loadShownDays,
  reload,
  replaceClass,
  replacePrebooking,
  seen,
} from './data.ts';
import { openCard } from './screen.ts';

/** Builds the key of a class for the chosen box and person: the actions for one person are not shown at the class of another. */
export const cardKey = ({ day, classId }: Class): string =>
  `class ${box.value?.box} ${seen.value.familyId} ${day} ${classId}`;

/** Builds the field of a request that names the person to book for; none for the member. */
const personField = () => {
  const { familyId } = seen.value;
  return familyId === null ? {} : { familyId };
};

/** Builds the fields of a request that name a class and the person to book for. */
const classFields = ({ day, classId }: Class) => ({ box: box.value?.box ?? '', day, classId, ...personField() });

/** Books a class at once, or joins its waitlist. If its bookings are not open yet after all, the service pre-books it. */
export function book(listed: Class): Promise<void> {
  const [key, dayKey, body] = [cardKey(listed), chosenDayKey(listed.day), classFields(listed)];
  return runAction(key, async () => {
    const answer = await call('POST /v1/bookings', { body });
    if (answer.status === 'prebooked') {
      replacePrebooking(answer.prebooking);
      // The service has learned from AimHarder's refusal when the box opens, so other classes may no longer be open either.
      void reload(loadShownDays);
    } else {
      replaceClass(dayKey, { ...listed, state: answer.status, bookingId: answer.bookingId });
      await reload(() => loadDays(listed.day, 1), loadBookings);
    }
    offerEveryWeek(key, listed);
    return undefined;
  });
}

/** Pre-books a class, so that the service books it at its opening. */
export function prebook(listed: Class): Promise<void> {
  const [key, body] = [cardKey(listed), classFields(listed)];
  return runAction(key, async () => {
    const { prebooking } = await call('POST /v1/prebookings', { body });
    replacePrebooking(prebooking);
    // With a result, the class was open already, and the service has tried to book it at once.
    if (prebooking.result !== null) await reload(() => loadDays(listed.day, 1));
    offerEveryWeek(key, listed);
    return undefined;
  });
}

/** Opens the options of a class that was just booked or pre-booked, because one of them is to book it every week. */
function offerEveryWeek(key: string, listed: Class): void {
  if (listed.routineId === null) openCard.value = key;
}

/** A booking, with what its cancellation needs. */
type Booked = {
  readonly box: string;
  readonly bookingId: string;
  readonly familyId: string | null;
  readonly day: string;
};

/** Cancels a booking. @param key the key of the action. @param mayLoseCredit whether the member has agreed to lose the credit. */
export const cancelBooking = (key: string, booked: Booked, mayLoseCredit: boolean): Promise<void> =>
  runAction(key, async () => {
    const { bookingId, familyId } = booked;
    const query = {
      box: booked.box,
      ...(familyId !== null && { familyId }),
      ...(mayLoseCredit && { late: 'true' as const }),
    };
    await call('DELETE /v1/bookings/{bookingId}', { path: { bookingId }, query });
    await reload(() => loadDays(booked.day, 1), loadBookings, loadPrebookings);
    return undefined;
  });

/** Returns the member's booking of a listed class, if there is one. */
export function bookingOf({ bookingId, day }: Class): Booked | undefined {
  if (bookingId === null) return undefined;
  return { box: box.value?.box ?? '', bookingId, familyId: seen.value.familyId, day };
}

export const cancelPrebooking = (key: string, { id, day }: Prebooking): Promise<void> =>
  runAction(key, async () => {
    await call('DELETE /v1/prebookings/{id}', { path: { id } });
    await reload(loadPrebookings, () => loadDays(day, 1));
    return undefined;
  });

/** Creates a routine that books a class every week. @param note what to show when it is created. */
export function bookEveryWeek(listed: Class, note: string): Promise<void> {
  const { name: className, startsLocal: startsAt, day } = listed;
  const body = { box: box.value?.box ?? '', weekday: weekdayNumber(day), startsAt, className, ...personField() };
  return runAction(cardKey(listed), async () => {
    await call('POST /v1/routines', { body });
    await reload(loadRoutines, loadShownDays);
    return note;
  });
}

/** Finds the unfinished pre-booking of a class. */
export function prebookingOf({ day, classId, prebookingId }: Class): Prebooking | undefined {
  const { prebookings, familyId } = seen.value;
  const isOfClass = (prebooking: Prebooking) =>
    prebooking.classId === classId && prebooking.day === day && prebooking.familyId === familyId;
  // A class that was read before it was pre-booked has no `prebookingId`.
  return prebookings.find(
    (prebooking) => isUnfinished(prebooking) && (prebooking.id === prebookingId || isOfClass(prebooking)),
  );
}

/** Describes how full a class is: how many seats are left or, without a capacity, booked; or, if it is full, how many wait. */
export function describeSeats({ capacity, booked, waitlist, state }: Class): readonly string[] {
  if (state === 'full') return [t().full, ...(waitlist ? [t().inQueue(waitlist)] : [])];
  if (capacity === null) return booked > 0 ? [t().bookedCount(booked)] : [];
  return [t().seatsLeft(Math.max(0, capacity - booked))];
}
