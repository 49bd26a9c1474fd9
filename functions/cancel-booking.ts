import { BookingPath, CancellationQuery } from '../lib/bookings/booking-api.ts';
import { cancelBooking } from '../lib/bookings/cancel-booking.ts';
import { enter } from '../lib/bookings/member-at-box.ts';
import {
  composeAuthenticate,
  composeBookings,
  composeDocuments,
  composeRefresh,
  composeSessions,
} from '../lib/compose.ts';
import { memberApi } from '../lib/http/api.ts';
import { decodePath, decodeQuery } from '../lib/http/decode.ts';

const documents = composeDocuments();
const sessions = composeSessions(process.env, documents);
const deps = {
  ...composeRefresh(process.env, documents, sessions),
  bookings: composeBookings(process.env, documents),
};

/** DELETE /v1/bookings/{bookingId}?box= → 204. */
export const handler = memberApi(composeAuthenticate(sessions), async ({ event, signal }, caller) => {
  const { bookingId } = decodePath(event, BookingPath);
  const { box, familyId, late } = decodeQuery(event, CancellationQuery);
  const member = await enter(deps, caller, box, signal);
  await cancelBooking(deps, member, { bookingId, familyId, late: late === 'true' }, signal);
  return { status: 204 };
});
