import * as z from 'zod/mini';
import { AnyId, BoxLabel, Day, integerInQuery, NumericId } from '../http/fields.ts';
import { pageFields } from '../http/paging.ts';

// What the class and booking routes accept. Unknown fields are refused.

/** A list of boxes is sorted by subdomain, so the subdomain is the position in it. */
export const BoxesQuery = z.strictObject(pageFields(z.strictObject({ box: z.string() })));

/** How many days one request may ask for. AimHarder is asked once for each day. */
const MAX_DAYS = 7;

export const ClassesQuery = z.strictObject({
  box: BoxLabel,
  day: Day,
  days: z._default(integerInQuery(1, MAX_DAYS), 1),
  familyId: z.optional(NumericId),
});

export const BookingBody = z.strictObject({
  box: BoxLabel,
  day: Day,
  classId: NumericId,
  familyId: z.optional(NumericId),
  /** What to do if bookings are not open yet: order the class for its opening (the default), or refuse. */
  whenTooEarly: z.optional(z.enum(['prebook', 'refuse'], { error: '"prebook" or "refuse"' })),
});

/** Accepts any id. If the caller has no booking with that id, the answer is `booking-not-found`. */
export const BookingPath = z.object({ bookingId: AnyId });

export const CancellationQuery = z.strictObject({
  box: BoxLabel,
  familyId: z.optional(NumericId),
  /** Whether to cancel even if the cancellation costs the credit. */
  late: z.optional(z.enum(['true', 'false'], { error: 'true or false' })),
});
