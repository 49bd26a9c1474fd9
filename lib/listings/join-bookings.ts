import type { ListedClass, NextBooking } from '../aimharder/client.ts';
import { bookingKey } from '../bookings/booking.ts';
import { classHours } from '../bookings/class-hours.ts';
import { SHOWN_WITHIN } from '../bookings/read-back.ts';
import { toInstant } from '../boxes/opening.ts';
import type { Instant } from '../platform/clock.ts';
import { isSameName } from '../platform/text.ts';
import type { OwnBooking, OwnRecords } from './own-bookings.ts';

/** A booking of the member, as the list shows it. */
export type MemberBooking = Omit<OwnBooking, 'madeAt'>;

/** What is known of a member's bookings on one day of a box. */
export type DayOfBookings = {
  readonly box: string;
  readonly timezone: string;
  readonly day: string;
  readonly familyId: string | null;
  /** The timetable; undefined if it could not be read. */
  readonly classes: readonly ListedClass[] | undefined;
  /** The day's rows of AimHarder's own list; undefined if the list could not be had. */
  readonly next: readonly NextBooking[] | undefined;
  /** The service's own records, of this box, day and person. */
  readonly own: OwnRecords;
  readonly now: Instant;
};

/**
 * Joins what is known of one day. The timetable decides what the member has, because only its rows name classes and bookings. Rows
 * of AimHarder's own list that the timetable does not know are listed without ids. Without a timetable, AimHarder's list
 * decides, and without that list the service's own records.
 */
export function joinBookings(day: DayOfBookings): readonly MemberBooking[] {
  const { classes, next, own, now } = day;
  if (!classes) return next ? next.map((row) => fromNext(day, row)) : own.bookings.map(withoutMadeAt);
  const shown = classes.flatMap((listed) => fromTimetable(day, listed));
  const unknown = (next ?? []).filter((row) => !classes.some((listed) => isRowOf(row, listed)));
  // The timetable may not show yet what was booked a moment ago (lib/aimharder/README.md, "Lost answers").
  const recent = own.bookings.filter(
    (one) => now - one.madeAt < SHOWN_WITHIN && !shown.some((other) => isSameBooking(one, other)),
  );
  return [...shown, ...unknown.map((row) => fromNext(day, row)), ...recent.map(withoutMadeAt)];
}

function fromTimetable(day: DayOfBookings, listed: ListedClass): readonly MemberBooking[] {
  const { mine, bookingId, classId, name } = listed;
  if (mine === null || listed.cancelled || isJustCancelled(day, bookingId)) return [];
  const { startsAt, endsAt } = classHours(listed, day.day, day.timezone);
  const shown = { ...dayFields(day), classId, bookingId, className: name, startsAt, endsAt, status: mine };
  return [{ ...shown, ...originOf(day.own.bookings.find((one) => isSameBooking(one, shown))) }];
}

/** Checks whether the timetable may still show a booking only because its cancellation is a moment old. */
function isJustCancelled({ box, own, now }: DayOfBookings, bookingId: string | null): boolean {
  const cancelledAt = bookingId === null ? undefined : own.cancelledAt.get(bookingKey(box, bookingId));
  return cancelledAt !== undefined && now - cancelledAt < SHOWN_WITHIN;
}

/** Converts a row of AimHarder's own list. What the row lacks comes from the service's own record of the class, if there is one. */
function fromNext(day: DayOfBookings, { start, end, name, state }: NextBooking): MemberBooking {
  const startsAt = toInstant({ day: day.day, time: start }, day.timezone);
  const own = day.own.bookings.find((one) => one.startsAt === startsAt && isSameName(one.className, name));
  const endsAt = end === null ? undefined : classHours({ start, end }, day.day, day.timezone).endsAt;
  return {
    ...dayFields(day),
    classId: own?.classId ?? null,
    bookingId: own?.bookingId ?? null,
    ...{ className: name, startsAt, endsAt: endsAt ?? own?.endsAt ?? null, status: state },
    ...originOf(own),
  };
}

const dayFields = ({ box, day, familyId }: DayOfBookings) => ({ box, day, familyId });

const originOf = (own: OwnBooking | undefined) => ({
  via: own?.via ?? ('elsewhere' as const),
  prebookingId: own?.prebookingId ?? null,
  routineId: own?.routineId ?? null,
});

const isRowOf = ({ start, name }: NextBooking, listed: ListedClass): boolean =>
  listed.start === start && isSameName(listed.name, name);

type Identified = Pick<OwnBooking, 'bookingId' | 'classId'>;

/** Compares by AimHarder's id of the booking, or by the class if one of the two has none. */
const isSameBooking = (one: Identified, other: Identified): boolean =>
  one.bookingId !== null && other.bookingId !== null
    ? one.bookingId === other.bookingId
    : one.classId !== null && one.classId === other.classId;

const withoutMadeAt = ({ madeAt: _, ...booking }: OwnBooking): MemberBooking => booking;
