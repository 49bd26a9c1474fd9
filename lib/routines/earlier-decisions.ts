import * as z from 'zod/mini';
import type { RecordedBooking } from '../bookings/booking.ts';
import type { BookingStore } from '../bookings/booking-store.ts';
import type { Logger } from '../platform/logger.ts';
import type { Prebooking, WantedClass } from '../prebookings/prebooking.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import type { PlannedDate } from './date-outcome.ts';
import { isClassOf, type Routine } from './routine.ts';

export type EarlierDecisionsDeps = {
  readonly prebookingQueries: Pick<PrebookingQueries, 'findByClass'>;
  readonly bookings: Pick<BookingStore, 'list'>;
  readonly logger: Logger;
};

/**
 * Finds the member's orders of a class.
 *
 * @returns undefined if an item that may be such an order cannot be decoded; its error is logged.
 */
export async function findEarlierOrders(
  { prebookingQueries, logger }: EarlierDecisionsDeps,
  email: string,
  wanted: WantedClass,
): Promise<readonly Prebooking[] | undefined> {
  let areAllRead = true;
  const orders = await prebookingQueries.findByClass(email, wanted, (error) => {
    areAllRead = false;
    logUnreadable(logger, error);
  });
  return areAllRead ? orders : undefined;
}

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
  { email, wanted: { day }, timezone }: PlannedDate,
): Promise<boolean | undefined> {
  let areAllRead = true;
  const recorded = await bookings.list(email, (error, item) => {
    logUnreadable(logger, error);
    if (mayBeOfDay(item, day)) areAllRead = false;
  });
  return recorded.some((booking) => isBookingOf(booking, routine, day, timezone)) || (areAllRead ? false : undefined);
}

const logUnreadable = (logger: Logger, error: unknown): void =>
  logger.error('unexpected-error', error, { during: 'plan-routines' });

const isBookingOf = ({ booked }: RecordedBooking, routine: Routine, day: string, timezone: string): boolean =>
  booked !== null && booked.day === day && isClassOf(routine, booked, () => timezone);

const ReadableDay = z.object({ booked: z.object({ day: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)) }) });

/** Checks whether a record that cannot be decoded may be of a day: its day can often still be read. */
function mayBeOfDay(item: unknown, day: string): boolean {
  const { data } = ReadableDay.safeParse(item);
  return data === undefined || data.booked.day === day;
}
