import * as z from 'zod/mini';
import { toIso } from '../platform/dynamodb.ts';
import { firstPage, type Page, type PageRequest } from '../platform/paging.ts';
import type { MemberBooking } from './join-bookings.ts';
import { VIA } from './own-bookings.ts';

// The schema serves only the OpenAPI document. The call that makes it is marked as pure, so that esbuild leaves it out of
// the functions' bundles.

/** A booking in the list of what the member has. */
export const ListedBookingView = /* @__PURE__ */ (() =>
  z.strictObject({
    bookingId: z.nullable(z.string()),
    box: z.string(),
    boxName: z.string(),
    day: z.iso.date(),
    classId: z.nullable(z.string()),
    familyId: z.nullable(z.string()),
    className: z.string(),
    startsAt: z.iso.datetime(),
    endsAt: z.nullable(z.iso.datetime()),
    status: z.enum(['booked', 'waitlisted']),
    via: z.enum(VIA),
    prebookingId: z.nullable(z.string()),
    routineId: z.nullable(z.string()),
  }))();

type ListedBookingView = z.output<typeof ListedBookingView>;

/** Builds the view of a booking. @param boxName the name of the booking's box. */
export const listedBookingView = (booking: MemberBooking, boxName: string): ListedBookingView => ({
  bookingId: booking.bookingId,
  box: booking.box,
  boxName,
  day: booking.day,
  classId: booking.classId,
  familyId: booking.familyId,
  className: booking.className,
  startsAt: toIso(booking.startsAt),
  endsAt: booking.endsAt === null ? null : toIso(booking.endsAt),
  status: booking.status,
  via: booking.via,
  prebookingId: booking.prebookingId,
  routineId: booking.routineId,
});

/** A booking's position in the list. */
type BookingPosition = { readonly startsAt: string; readonly key: string };

const positionOf = ({ startsAt, box, bookingId, className }: MemberBooking): BookingPosition => ({
  startsAt: toIso(startsAt),
  key: `${box} ${bookingId ?? className}`,
});

const isAfter = (left: BookingPosition, right: BookingPosition): boolean =>
  left.startsAt === right.startsAt ? left.key > right.key : left.startsAt > right.startsAt;

/** Takes one page of the bookings, by start. */
export function pageOfBookings(
  bookings: readonly MemberBooking[],
  { limit, after }: PageRequest<BookingPosition>,
): Page<MemberBooking, BookingPosition> {
  const sorted = bookings.toSorted((left, right) => (isAfter(positionOf(left), positionOf(right)) ? 1 : -1));
  const rest = sorted.filter((booking) => after === undefined || isAfter(positionOf(booking), after));
  return firstPage(rest, limit, positionOf);
}
