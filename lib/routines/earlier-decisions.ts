import type { RecordedBooking } from '../bookings/booking.ts';
import type { BookingStore } from '../bookings/booking-store.ts';
import type { Logger } from '../platform/logger.ts';
import type { Cancelled, Prebooking, Replaced, WantedClass } from '../prebookings/prebooking.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import type { PlannedDate } from './date-outcome.ts';
import { isClassOf, type Routine } from './routine.ts';
import { mayBeBookingOf, mayBeOrderOf, readCancelledByRoutine } from './unreadable-items.ts';

export type EarlierDecisionsDeps = {
  readonly prebookingQueries: Pick<PrebookingQueries, 'findByClass'>;
  readonly bookings: Pick<BookingStore, 'list'>;
  readonly logger: Logger;
};

/** A member's pre-bookings of one class, or of its hour. */
type EarlierOrders = {
  /** One of the class that prevents a new order: any, except one that a routine has cancelled. */
  readonly existing: Prebooking | undefined;
  /**
   * Those that a routine has cancelled. A new order with the id of one of them replaces it. Of those that cannot be decoded,
   * there are also others of the same hour.
   */
  readonly replaceable: readonly Replaced[];
};

/**
 * Finds the member's pre-bookings of a class, ended ones included. Logs the error of each item that cannot be decoded.
 *
 * @returns undefined if no readable one prevents a new order, but an item that cannot be decoded may.
 */
export async function findEarlierOrders(
  { prebookingQueries, logger }: EarlierDecisionsDeps,
  email: string,
  wanted: WantedClass,
): Promise<EarlierOrders | undefined> {
  let areAllRead = true;
  const cancelled: Replaced[] = [];
  const orders = await prebookingQueries.findByClass(email, wanted, (error, item) => {
    logUnreadable(logger, error);
    const replaceable = readCancelledByRoutine(item);
    if (replaceable) cancelled.push(replaceable);
    else if (mayBeOrderOf(item, wanted)) areAllRead = false;
  });
  const existing = orders.find((order) => !isCancelledByRoutine(order));
  if (!existing && !areAllRead) return undefined;
  return { existing, replaceable: [...orders.filter(isCancelledByRoutine), ...cancelled] };
}

const isCancelledByRoutine = (order: Prebooking): order is Cancelled =>
  order.status === 'cancelled' && order.cancelledBy === 'routine';

/**
 * Checks whether the member has booked the class of a routine's date at once, even if the booking was cancelled: the member has
 * decided about the date.
 *
 * @returns undefined if no readable record is such a booking, but one that cannot be decoded may be. The error of each record that
 *   cannot be decoded is logged.
 */
export async function wasBookedAtOnce(
  { bookings, logger }: EarlierDecisionsDeps,
  routine: Routine,
  { email, wanted, timezone }: PlannedDate,
): Promise<boolean | undefined> {
  let areAllRead = true;
  const recorded = await bookings.list(email, (error, item) => {
    logUnreadable(logger, error);
    if (mayBeBookingOf(item, wanted)) areAllRead = false;
  });
  const wasBooked = recorded.some((booking) => isBookingOf(booking, routine, wanted.day, timezone));
  return wasBooked || (areAllRead ? false : undefined);
}

const logUnreadable = (logger: Logger, error: unknown): void =>
  logger.error('unexpected-error', error, { during: 'plan-routines' });

const isBookingOf = ({ booked }: RecordedBooking, routine: Routine, day: string, timezone: string): boolean =>
  booked !== null && booked.day === day && isClassOf(routine, booked, () => timezone);
