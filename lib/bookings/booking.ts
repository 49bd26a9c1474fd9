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

/** The record of a booking that was made, cancelled, or both. */
export type RecordedBooking = {
  /** From `bookingKey`. */
  readonly key: string;
  /**
   * The class, and when it was booked (`at`). Null if only the cancellation was recorded: then a pre-booking made the booking
   * (its own item describes the class), or the member made it outside this service.
   */
  readonly booked: (BookedClass & { readonly kind: Place['kind']; readonly at: Instant }) | null;
  /** When the cancellation was recorded; null if there was none. */
  readonly cancelledAt: Instant | null;
};

/** Identifies a booking by AimHarder's id, within its box. */
export type BookingRef = { readonly box: string; readonly bookingId: string };

/** Builds the key of a booking. AimHarder's booking ids are assumed to be unique within a box. */
export const bookingKey = (box: string, bookingId: string): string => `${box}#${bookingId}`;
