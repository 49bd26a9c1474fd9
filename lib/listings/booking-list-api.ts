import * as z from 'zod/mini';
import { BoxLabel, Day, NumericId } from '../http/fields.ts';
import { pageFields } from '../http/paging.ts';

/** A position in the list, which is sorted by start and then by `key`. */
const BookingPosition = z.strictObject({
  startsAt: z.iso.datetime({ precision: 3 }),
  /** The box, and the booking's id or else the class's name. */
  key: z.string().check(z.maxLength(600)),
});

/** What the list of bookings accepts. Unknown parameters are refused. */
export const BookingsQuery = z
  .strictObject({
    ...pageFields(BookingPosition),
    box: z.optional(BoxLabel),
    from: z.optional(Day),
    to: z.optional(Day),
    familyId: z.optional(NumericId),
  })
  .check(z.refine(({ from = '', to = from }) => from <= to, 'from is after to'));
