import { BookingBody } from '../lib/bookings/booking-api.ts';
import { bookingView } from '../lib/bookings/booking-view.ts';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeBookings, composeOrder } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions, composeUpstream } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { bookOrOrder } from '../lib/prebookings/create-prebooking.ts';
import { loadPrebookingView } from '../lib/prebookings/prebooking-view.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const deps = {
  ...composeUpstream(process.env, documents, sessions),
  ...composeOrder(process.env, documents),
  bookings: composeBookings(process.env, documents),
};

/** POST /v1/bookings → 201 booked or waitlisted, or 202 `{status: "prebooked", prebooking}` with Location. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { body: BookingBody },
  async ({ body: { whenTooEarly = 'prebook', ...wanted }, signal }, caller) => {
    const answer = await bookOrOrder(deps, caller, { ...wanted, whenTooEarly }, signal);
    if (answer.kind === 'prebooked') {
      const prebooking = await loadPrebookingView(sessions, answer.prebooking);
      return {
        status: 202,
        headers: { location: `/v1/prebookings/${prebooking.id}` },
        body: { status: 'prebooked', prebooking },
      };
    }
    return { status: 201, body: bookingView(answer, answer.wanted) };
  },
);
