import type { Instant } from '../platform/clock.ts';

/** A class that was booked. */
export type BookedClass = {
  readonly box: string;
  /** `YYYY-MM-DD` on the box's calendar. */
  readonly day: string;
  /** AimHarder's slot id. */
  readonly classId: string;
  /** AimHarder's id of one of the member's family; null for the member. */
  readonly familyId: string | null;
  readonly className: string;
  readonly classStartsAt: Instant;
  readonly classEndsAt?: Instant | undefined;
};

/** A member's place: a seat in a class, or a place on its waitlist. The booking id is null if AimHarder has not given it. */
export type Place = { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null };

/** A place in a class that was booked at once. */
type BookedPlace = BookedClass & {
  readonly kind: Place['kind'];
  /** When the booking was made. */
  readonly at: Instant;
  /** When the place on the waitlist was first seen to have become a seat. */
  readonly promotedAt?: Instant | undefined;
  /** AimHarder's booking id of that seat, which may differ from the id of the place; undefined if it is unknown. */
  readonly seatBookingId?: string | undefined;
};

/** The record of a booking that was made, cancelled, or both. */
export type RecordedBooking = {
  /** From `recordedKey`. */
  readonly key: string;
  /**
   * Null if only the cancellation was recorded: then a pre-booking made the booking (its own item describes the class), or the
   * member made it outside this service.
   */
  readonly booked: BookedPlace | null;
  /** When the cancellation was recorded; null if there was none. */
  readonly cancelledAt: Instant | null;
};

/** Identifies a booking by AimHarder's id, within its box. */
export type BookingRef = { readonly box: string; readonly bookingId: string };

/** Builds the key of a booking. AimHarder's booking ids are assumed to be unique within a box. */
export const bookingKey = (box: string, bookingId: string): string => `${box}#${bookingId}`;

/**
 * Builds the key of a booking's record. While AimHarder's id is unknown, the ids of the class and of the relative, if the booking is
 * a relative's, stand in its place.
 */
export function recordedKey(
  { box, classId, familyId }: Pick<BookedClass, 'box' | 'classId' | 'familyId'>,
  bookingId: string | null,
): string {
  const person = familyId === null ? '' : `-family-${familyId}`;
  return bookingKey(box, bookingId ?? `class-${classId}${person}`);
}

/**
 * Returns AimHarder's id of a recorded booking. If a place on the waitlist has become a seat whose id is known, that is the
 * seat's id. Null if AimHarder has given no id: the key then contains the class's id (`recordedKey`).
 */
export const bookingIdOf = ({ key, booked }: Pick<RecordedBooking, 'key' | 'booked'>): string | null =>
  booked?.seatBookingId ?? /#(\d+)$/.exec(key)?.[1] ?? null;

/** Returns the keys (`bookingKey`) under which a recorded booking may be looked for: that of its place, and that of its seat. */
export const keysOf = ({ key, booked }: RecordedBooking): readonly string[] =>
  booked?.seatBookingId === undefined ? [key] : [key, bookingKey(booked.box, booked.seatBookingId)];
