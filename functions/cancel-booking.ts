import { prepareMember } from '../lib/bookings/as-member.ts';
import { BookingPath, CancellationQuery } from '../lib/bookings/booking-api.ts';
import { cancelBooking } from '../lib/bookings/cancel-booking.ts';
import { composeCancelBooking } from '../lib/compose/bookings.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';

const { base, orderRoute } = composeMemberApi(process.env);

const deps = composeCancelBooking(base);

/** DELETE /v1/bookings/{bookingId}?box=&familyId=&late= → 204: cancels the booking at AimHarder. */
export const handler = orderRoute(
  { path: BookingPath, query: CancellationQuery },
  async ({ path: { bookingId }, query: { box, familyId, late }, signal }, caller) => {
    const member = await prepareMember(deps, caller, box, signal);
    await cancelBooking(deps, member, { bookingId, familyId, late: late === 'true' }, signal);
    return { status: 204 };
  },
);
