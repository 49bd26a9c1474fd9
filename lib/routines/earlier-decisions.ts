import type { BookedClass, RecordedBooking } from '../bookings/booking.ts';
import type { BookingStore } from '../bookings/booking-store.ts';
import type { Logger } from '../platform/logger.ts';
import {
  type Cancelled,
  type Ended,
  isUnfinished,
  type Prebooking,
  prebookingId,
  type Replaced,
  type Result,
  slotKey,
  type WantedClass,
} from '../prebookings/prebooking.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import type { PlannedDate } from './date-outcome.ts';
import { isClassOf, type Routine } from './routine.ts';
import { mayBeBookingOf, mayBeOrderOf, readCancelledByRoutine } from './unreadable-items.ts';

export type EarlierDecisionsDeps = {
  readonly prebookingQueries: Pick<PrebookingQueries, 'findByClass'>;
  readonly prebookings: Pick<PrebookingStore, 'find'>;
  readonly bookings: Pick<BookingStore, 'list'>;
  readonly logger: Logger;
};

/**
 * Finds the member's pre-booking of a class that prevents a new order: any, ended ones included, except one that a routine has
 * cancelled. Logs the error of each item that cannot be decoded.
 *
 * @returns undefined if no readable one prevents a new order, but an item that cannot be decoded may.
 */
export async function findEarlierOrder(
  { prebookingQueries, logger }: EarlierDecisionsDeps,
  email: string,
  wanted: WantedClass,
): Promise<{ readonly existing: Prebooking | undefined } | undefined> {
  let isUncertain = false;
  const orders = await prebookingQueries.findByClass(email, wanted, (error, item) => {
    logUnreadable(logger, error);
    if (!readCancelledByRoutine(item) && mayBeOrderOf(item, wanted)) isUncertain = true;
  });
  const existing = orders.find((order) => !isCancelledByRoutine(order));
  return existing || !isUncertain ? { existing } : undefined;
}

type OrderWithSameId = {
  readonly existing?: Prebooking;
  readonly replaceable?: Replaced;
  readonly isIdTaken?: boolean;
};

/**
 * Finds the member's pre-booking that has the id of a new order. If the box has moved or renamed the class, the class keeps its
 * slot id, so that pre-booking may be one of another hour or name, which `findEarlierOrder` does not find. Logs the error of an
 * item that cannot be decoded.
 *
 * @returns `existing` if it prevents the new order, `replaceable` if the new order replaces it; `isIdTaken` if it is an ended
 *   order of another class, so that the class can be booked, but not ordered; undefined if it cannot be decoded and may prevent the
 *   new order.
 */
export async function findOrderWithSameId(
  { prebookings, logger }: EarlierDecisionsDeps,
  email: string,
  wanted: WantedClass,
): Promise<OrderWithSameId | undefined> {
  const id = prebookingId(email, { ...wanted, classId: slotKey(wanted) });
  const unreadable: unknown[] = [];
  const order = await prebookings.find({ email, id }, (error, item) => {
    logUnreadable(logger, error);
    unreadable.push(item);
  });
  if (order && isReplaceable(order)) return { replaceable: order };
  if (order) return isOfOtherClass(order, wanted) ? { isIdTaken: true } : { existing: order };
  if (unreadable.length === 0) return {};
  const [replaceable] = unreadable.map(readCancelledByRoutine);
  return replaceable && { replaceable };
}

/**
 * Checks whether a new order replaces an ended one: a routine has cancelled it, or it was a routine's and has failed without a
 * booking request, as it does if the box has moved the class. An unknown outcome prevents the new order, as a booked one does: its
 * result may count no shot although one has left, because the firing that sent it died. A failed order of the same hour and name
 * does not come here, because `findEarlierOrder` finds it first.
 */
const isReplaceable = (order: Prebooking): order is Ended =>
  isCancelledByRoutine(order) ||
  (order.status === 'failed' && order.routineId !== null && hasSentNothing(order.result));

const hasSentNothing = ({ outcome, shots }: Result): boolean => shots === 0 && outcome !== 'unknown';

/**
 * Checks whether an order has ended for another class than the wanted one with the same id. If the box moves a class and adds a new
 * one at its old hour, a routine's order is fired for the new class: the order keeps its id, but stores the slot id of that class.
 */
const isOfOtherClass = (order: Prebooking, { classId }: WantedClass): boolean =>
  !isUnfinished(order) && order.classId !== null && classId !== null && order.classId !== classId;

const isCancelledByRoutine = (order: Prebooking): order is Cancelled =>
  order.status === 'cancelled' && order.cancelledBy === 'routine';

/** The records of a member's bookings, and the items that cannot be decoded as one. */
export type BookingRecords = {
  readonly readable: readonly RecordedBooking[];
  readonly unreadable: readonly unknown[];
};

/** Reads the records of a member's bookings. Logs the error of each item that cannot be decoded. */
export async function readBookingRecords(
  { bookings, logger }: EarlierDecisionsDeps,
  email: string,
): Promise<BookingRecords> {
  const unreadable: unknown[] = [];
  const readable = await bookings.list(email, (error, item) => {
    logUnreadable(logger, error);
    unreadable.push(item);
  });
  return { readable, unreadable };
}

/**
 * Checks whether the member has booked the class of a routine's date at once, even if the booking was cancelled: the member has
 * decided about the date. If the slot id of the class is known, a booking of that slot under another hour or name counts too: the
 * box has moved or renamed the class.
 *
 * @returns undefined if no readable record is such a booking, but an item that cannot be decoded may be.
 */
export function wasBookedAtOnce(
  { readable, unreadable }: BookingRecords,
  routine: Routine,
  { wanted, timezone }: Pick<PlannedDate, 'wanted' | 'timezone'>,
): boolean | undefined {
  const wasBooked = readable.some(
    ({ booked }) => booked !== null && (isClassOnDay(booked, routine, wanted.day, timezone) || isSlot(booked, wanted)),
  );
  return wasBooked || (unreadable.some((item) => mayBeBookingOf(item, wanted)) ? undefined : false);
}

const logUnreadable = (logger: Logger, error: unknown): void =>
  logger.error('unexpected-error', error, { during: 'plan-routines' });

const isClassOnDay = (booked: BookedClass, routine: Routine, day: string, timezone: string): boolean =>
  booked.day === day && isClassOf(routine, booked, () => timezone);

const isSlot = (booked: BookedClass, { box, day, familyId, classId }: WantedClass): boolean =>
  booked.box === box && booked.day === day && booked.familyId === familyId && booked.classId === classId;
