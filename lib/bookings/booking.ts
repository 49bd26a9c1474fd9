import type { Instant } from '../platform/clock.ts';

/** A class that was booked, as it is recorded. */
export type BookedClass = {
  readonly box: string;
  /** `YYYY-MM-DD` on the box's calendar. */
  readonly day: string;
  readonly classId: string;
  readonly familyId: string | null;
  readonly className: string;
  readonly classStartsAt: Instant;
  readonly classEndsAt?: Instant | undefined;
};

/** A member's place in a class or on its waitlist. */
export type Seat = { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null };

export type RecordedBooking = {
  /** As `bookingKey` makes it. */
  readonly key: string;
  /** Null when a pre-booking made the booking: the pre-booking's item has the rest. */
  readonly booked: (BookedClass & { readonly kind: Seat['kind']; readonly at: Instant }) | null;
  readonly cancelledAt: Instant | null;
};

/** Makes the key of a booking. AimHarder's booking ids are assumed to be unique within a box. */
export const bookingKey = (box: string, bookingId: string): string => `${box}#${bookingId}`;
