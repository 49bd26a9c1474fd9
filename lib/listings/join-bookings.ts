import type { ListedClass, NextBooking } from '../aimharder/client.ts';
import { bookingKey } from '../bookings/booking.ts';
import { classHours } from '../bookings/class-hours.ts';
import { SHOWN_WITHIN } from '../bookings/read-back.ts';
import { toInstant } from '../boxes/opening.ts';
import type { Instant } from '../platform/clock.ts';
import { isSameName } from '../platform/text.ts';
import type { ServiceBooking, ServiceRecords } from './own-bookings.ts';

/** A booking of the member, as the list shows it. */
export type MemberBooking = Omit<ServiceBooking, 'madeAt'>;

/** What is known of a member's bookings on one day of a box. */
export type DayOfBookings = {
  readonly box: string;
  readonly timezone: string;
  readonly day: string;
  readonly familyId: string | null;
  /** The timetable; undefined if it could not be read. */
  readonly classes: readonly ListedClass[] | undefined;
  /** The day's rows of AimHarder's own list of the member's bookings; undefined if that list could not be read. */
  readonly ownList: readonly NextBooking[] | undefined;
  /** The service's records. The bookings are those of this box, day and person; the cancellations are all of the member's. */
  readonly records: ServiceRecords;
  readonly now: Instant;
};

/**
 * Joins what is known of one day. The timetable decides what the member has, because only its rows have the ids of classes and
 * bookings. A row of AimHarder's own list whose class the timetable does not show is listed too, with the ids of the service's
 * record if there is one. Without a timetable, AimHarder's own list decides; without both, the service's records decide.
 */
export function joinBookings(known: DayOfBookings): readonly MemberBooking[] {
  const { classes, ownList, records, now } = known;
  if (!classes) return ownList?.map((row) => convertNext(known, row)) ?? records.bookings.map(withoutMadeAt);
  const shown = classes.flatMap((listed) => convertListed(known, listed));
  const notShown = (ownList ?? []).filter((row) => !classes.some((listed) => isRowOf(row, listed)));
  // The timetable may not show yet what was booked a moment ago (lib/aimharder/README.md, "Lost answers").
  const recent = records.bookings
    .filter(({ madeAt }) => now - madeAt < SHOWN_WITHIN)
    .filter((booking) => !shown.some((other) => isSameBooking(booking, other)));
  return [...shown, ...notShown.map((row) => convertNext(known, row)), ...recent.map(withoutMadeAt)];
}

/** Converts a row of the timetable. @returns no booking if the member has none in the class, or has just cancelled it. */
function convertListed(known: DayOfBookings, listed: ListedClass): readonly MemberBooking[] {
  const { mine, bookingId, classId, name } = listed;
  if (mine === null || listed.cancelled || isJustCancelled(known, bookingId)) return [];
  const { startsAt, endsAt } = classHours(listed, known.day, known.timezone);
  const shown = { ...dayFields(known), classId, bookingId, className: name, startsAt, endsAt, status: mine };
  const record = known.records.bookings.find((booking) => isSameBooking(booking, shown));
  return [{ ...shown, ...originOf(record) }];
}

/** Checks whether a booking was cancelled so recently that the timetable may still show it. */
function isJustCancelled({ box, records, now }: DayOfBookings, bookingId: string | null): boolean {
  const cancelledAt = bookingId === null ? undefined : records.cancelledAt.get(bookingKey(box, bookingId));
  return cancelledAt !== undefined && now - cancelledAt < SHOWN_WITHIN;
}

/** Converts a row of AimHarder's own list. Takes what the row lacks from the service's record of the class, if it has one. */
function convertNext(known: DayOfBookings, { start, end, name, state }: NextBooking): MemberBooking {
  const { day, timezone } = known;
  const startsAt = toInstant({ day, time: start }, timezone);
  const record = known.records.bookings.find(
    (booking) => booking.startsAt === startsAt && isSameName(booking.className, name),
  );
  const endsAt = end === null ? undefined : classHours({ start, end }, day, timezone).endsAt;
  return {
    ...dayFields(known),
    classId: record?.classId ?? null,
    bookingId: record?.bookingId ?? null,
    className: name,
    startsAt,
    endsAt: endsAt ?? record?.endsAt ?? null,
    status: state,
    ...originOf(record),
  };
}

const dayFields = ({ box, day, familyId }: DayOfBookings) => ({ box, day, familyId });

const originOf = (record: ServiceBooking | undefined) => ({
  via: record?.via ?? ('elsewhere' as const),
  prebookingId: record?.prebookingId ?? null,
  routineId: record?.routineId ?? null,
});

/** Checks whether a row of AimHarder's own list and a row of the timetable are the same class. */
const isRowOf = ({ start, name }: NextBooking, listed: ListedClass): boolean =>
  listed.start === start && isSameName(listed.name, name);

type Identified = Pick<ServiceBooking, 'bookingId' | 'classId'>;

/** Compares two bookings by AimHarder's ids of them; by their classes if one of the two has no such id. */
const isSameBooking = (left: Identified, right: Identified): boolean =>
  left.bookingId !== null && right.bookingId !== null
    ? left.bookingId === right.bookingId
    : left.classId !== null && left.classId === right.classId;

const withoutMadeAt = ({ madeAt: _, ...booking }: ServiceBooking): MemberBooking => booking;
