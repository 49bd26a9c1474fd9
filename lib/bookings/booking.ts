import type { Instant } from '../platform/clock.ts';

/** A class that was booked, as it is remembered. */
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

export type Seat = { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null };

/** What is noted of one booking. */
export type RecordedBooking = {
  /** As `bookingKey` makes it. */
  readonly key: string;
  /** Null for one that was not made at once: its pre-booking tells the rest. */
  readonly booked: (BookedClass & { readonly kind: Seat['kind']; readonly at: Instant }) | null;
  readonly cancelledAt: Instant | null;
};

/** AimHarder's booking ids are taken to be unique at a box. */
export const bookingKey = (box: string, bookingId: string): string => `${box}#${bookingId}`;
