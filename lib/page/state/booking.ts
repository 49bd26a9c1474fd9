import type { Class, Prebooking, Routine } from '../api-types.ts';
import { timeIn, weekdayNumber } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { act } from './actions.ts';
import { call } from './api.ts';
import { box, loadDays, loadPrebookings, loadRoutines, replacePrebooking, seen, zone } from './data.ts';
import { openCard } from './screen.ts';

/** A class of the chosen box on a day. */
export type DatedClass = { readonly day: string; readonly class: Class };

export const cardKey = ({ day, class: { classId } }: DatedClass): string => `class ${day} ${classId}`;

/** What names a class in a request: its box and day, and for whom. */
const order = ({ day, class: { classId } }: DatedClass) => {
  const { familyId } = seen.value;
  return { box: box.value?.box ?? '', day, classId, ...(familyId !== null && { familyId }) };
};

/** Books a class at once, or joins its waitlist. If it is too early after all, the class is ordered. */
export const book = (dated: DatedClass): Promise<void> =>
  act(cardKey(dated), async () => {
    const answer = await call('POST /v1/bookings', { body: order(dated) });
    if (answer.status === 'prebooked') replacePrebooking(answer.prebooking);
    else await loadDays([dated.day]);
    offerEveryWeek(dated);
    return undefined;
  });

/** Orders a class for its opening. */
export const prebook = (dated: DatedClass): Promise<void> =>
  act(cardKey(dated), async () => {
    const { prebooking } = await call('POST /v1/prebookings', { body: order(dated) });
    replacePrebooking(prebooking);
    if (prebooking.result !== null) await loadDays([dated.day]);
    offerEveryWeek(dated);
    return undefined;
  });

/** Opens the options of a class that was just booked or ordered: one of them is to have it every week. */
function offerEveryWeek(dated: DatedClass): void {
  if (!routineOf(dated)) openCard.value = cardKey(dated);
}

/** Cancels a booking. @param late whether the member has agreed that it costs the session. */
export function cancelBooking(dated: DatedClass, late: boolean): Promise<void> {
  const { bookingId } = dated.class;
  if (bookingId === null) return Promise.resolve();
  const { familyId } = seen.value;
  const query = {
    box: box.value?.box ?? '',
    ...(familyId !== null && { familyId }),
    ...(late && { late: 'true' as const }),
  };
  return act(cardKey(dated), async () => {
    await call('DELETE /v1/bookings/{bookingId}', { path: { bookingId }, query });
    await Promise.all([loadDays([dated.day]), loadPrebookings()]);
    return undefined;
  });
}

export const cancelPrebooking = (key: string, { id }: Prebooking): Promise<void> =>
  act(key, async () => {
    await call('DELETE /v1/prebookings/{id}', { path: { id } });
    await loadPrebookings();
    return undefined;
  });

/** Orders a class for every week. */
export const bookEveryWeek = (dated: DatedClass, say: string): Promise<void> =>
  act(cardKey(dated), async () => {
    const { familyId } = seen.value;
    const { name, startsAt } = dated.class;
    const body = {
      box: box.value?.box ?? '',
      weekday: weekdayNumber(dated.day),
      startsAt: timeIn(zone.value, Date.parse(startsAt)),
      className: name,
      ...(familyId !== null && { familyId }),
    };
    await call('POST /v1/routines', { body });
    await loadRoutines();
    return say;
  });

/** Finds the pre-booking of a class that is not over. */
export const prebookingOf = ({ day, class: { classId } }: DatedClass): Prebooking | undefined =>
  seen.value.prebookings.find(
    (one) =>
      one.classId === classId &&
      one.day === day &&
      one.familyId === seen.value.familyId &&
      ['pending', 'firing'].includes(one.status),
  );

/** Finds the routine that wants a class. */
export const routineOf = ({ day, class: { name, startsAt } }: DatedClass): Routine | undefined =>
  seen.value.routines.find(
    (one) =>
      one.box === box.value?.box &&
      one.weekday === weekdayNumber(day) &&
      one.familyId === seen.value.familyId &&
      one.startsAt === timeIn(zone.value, Date.parse(startsAt)) &&
      one.className.toLowerCase() === name.toLowerCase(),
  );

/** Tells in how many words how a class stands: seats left, or how many wait. */
export function describeSeats({ capacity, booked, waitlist, state }: Class): string {
  if (state === 'full') return [t().full, ...(waitlist ? [t().inQueue(waitlist)] : [])].join(' · ');
  if (capacity === null) return booked > 0 ? t().bookedCount(booked) : '';
  return t().seatsLeft(Math.max(0, capacity - booked));
}
