import { memberAtBox } from '../lib/bookings/as-member.ts';
import { BookingPath, CancellationQuery } from '../lib/bookings/booking-api.ts';
import { cancelBooking } from '../lib/bookings/cancel-booking.ts';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeBookings } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions, composeUpstream } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const deps = {
  ...composeUpstream(process.env, documents, sessions),
  bookings: composeBookings(process.env, documents),
};

/** DELETE /v1/bookings/{bookingId}?box= → 204. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { path: BookingPath, query: CancellationQuery },
  async ({ path: { bookingId }, query: { box, familyId, late }, signal }, caller) => {
    const member = await memberAtBox(deps, caller, box, signal);
    await cancelBooking(deps, member, { bookingId, familyId, late: late === 'true' }, signal);
    return { status: 204 };
  },
);
