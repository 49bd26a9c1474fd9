import { composeListBookings } from '../lib/compose/listings.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { BookingsQuery } from '../lib/listings/booking-list-api.ts';
import { listedBookingView, pageOfBookings } from '../lib/listings/booking-list-view.ts';
import { listBookings } from '../lib/listings/list-bookings.ts';

const { base, memberRoute, memberLimits } = composeMemberApi(process.env);

const deps = composeListBookings(base);

/** GET /v1/bookings?box=&from=&to=&familyId=&limit=&cursor= → 200 `{bookings, complete, nextCursor}`, sorted by start. */
export const handler = memberRoute({ query: BookingsQuery }, async ({ query, signal }, caller) => {
  const { limit, cursor, ...filter } = query;
  const { bookings, isComplete, requests } = await listBookings(deps, caller, filter, signal);
  // Each list and each timetable counts against the member's limit. `memberRoute` has already counted one.
  await memberLimits.addRequests(caller.email, Math.max(0, requests - 1));
  const boxNames = new Map(caller.boxes.map(({ box, name }) => [box, name]));
  const { items, next } = pageOfBookings(bookings, { limit, after: cursor });
  return {
    status: 200,
    body: {
      bookings: items.map((booking) => listedBookingView(booking, boxNames.get(booking.box) ?? booking.box)),
      complete: isComplete,
      nextCursor: nextCursor(next),
    },
  };
});
