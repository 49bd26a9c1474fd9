import * as z from 'zod/mini';
import { OpeningRule } from '../boxes/opening.ts';
import { BoxLabel, Day, InstantField, NumericId } from '../http/fields.ts';

/** What the pre-booking routes accept. Unknown fields are refused. */

export const PrebookingBody = z
  .strictObject({
    box: BoxLabel,
    day: Day,
    classId: NumericId,
    familyId: z.optional(NumericId),
    opensAt: z.optional(InstantField),
    opening: z.optional(OpeningRule),
  })
  .check(
    z.refine(({ opensAt, opening }) => opensAt === undefined || opening === undefined, 'either opensAt or opening'),
  );

export const PrebookingsQuery = z.strictObject({
  status: z.optional(
    z.enum(['pending', 'firing', 'booked', 'waitlisted', 'failed', 'cancelled'], {
      error: 'one of pending, firing, booked, waitlisted, failed, cancelled',
    }),
  ),
});

/** Any text: what is not the id of one of the caller's pre-bookings is not found. */
export const PrebookingPath = z.object({ id: z.string() });
