import { BookingBody } from '../lib/bookings/booking-api.ts';
import { bookingView } from '../lib/bookings/booking-view.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeBookOrOrder } from '../lib/compose/prebookings.ts';
import { bookOrOrder } from '../lib/prebookings/create-prebooking.ts';
import { loadPrebookingView } from '../lib/prebookings/prebooking-view.ts';

const { base, orderRoute } = composeMemberApi(process.env);

const deps = composeBookOrOrder(base);

/** POST /v1/bookings → 201 booked or waitlisted, or 202 `{status: "prebooked", prebooking}` with Location. */
export const handler = orderRoute({ body: BookingBody }, async ({ body, signal }, caller) => {
  const { whenTooEarly = 'prebook', ...wanted } = body;
  const answer = await bookOrOrder(deps, caller, { ...wanted, whenTooEarly }, signal);
  if (answer.kind !== 'prebooked') return { status: 201, body: bookingView(answer, answer.wanted) };
  const prebooking = await loadPrebookingView(base.sessions, answer.prebooking);
  return {
    status: 202,
    headers: { location: `/v1/prebookings/${prebooking.id}` },
    body: { status: 'prebooked', prebooking },
  };
});
