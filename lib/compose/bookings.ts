import type { BookingRef } from '../bookings/booking.ts';
import { BookingStore } from '../bookings/booking-store.ts';
import { findPrebooked } from '../prebookings/prebooking-queries.ts';
import { type Base, composeTable } from './base.ts';
import { composeTombstones, type SessionBase } from './sessions.ts';
import { composeUpstream } from './upstream.ts';

export const composeBookings = (base: Base) => new BookingStore(composeTable(base, 'BOOKINGS_TABLE'));

/** Composes the dependencies for cancelling a member's bookings. */
export const composeCancelBooking = (base: SessionBase) => ({
  ...composeUpstream(base),
  bookings: composeBookings(base),
  isDeleted: composeTombstones(base).isRaised,
  findPrebooked: (email: string, booking: BookingRef) =>
    findPrebooked(composeTable(base, 'PREBOOKINGS_TABLE'), email, booking),
});
