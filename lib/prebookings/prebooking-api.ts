import * as z from 'zod/mini';
import { OpeningRule } from '../boxes/opening-rule.ts';
import { AnyId, BoxLabel, Day, InstantField, NumericId } from '../http/fields.ts';
import { pageFields } from '../http/paging.ts';
import { isPrebookingId, STATUSES, WHEN_FULL } from './prebooking.ts';

/* What the pre-booking routes accept. Unknown fields are refused. */

/**
 * What to do when the class is full. `waitlist`: join the waitlist; `skip`: leave it again; absent: keep what AimHarder
 * assigns.
 */
export const WhenFullField = z.enum(WHEN_FULL, { error: '"waitlist" or "skip"' });

/** An order. The member may state the opening as an instant (`opensAt`), or as a rule (`opening`). */
export const PrebookingBody = z
  .strictObject({
    box: BoxLabel,
    day: Day,
    classId: NumericId,
    familyId: z.optional(NumericId),
    whenFull: z.optional(WhenFullField),
    opensAt: z.optional(InstantField),
    opening: z.optional(OpeningRule),
  })
  .check(
    z.refine(({ opensAt, opening }) => opensAt === undefined || opening === undefined, 'opensAt or opening, not both'),
  );

const PrebookingPosition = z.strictObject({
  classStartsAt: z.iso.datetime({ precision: 3 }),
  id: z.string().check(z.refine(isPrebookingId)),
});

export const PrebookingsQuery = z
  .strictObject({
    ...pageFields(PrebookingPosition),
    status: z.optional(z.enum(STATUSES, { error: `one of ${STATUSES.join(', ')}` })),
    routineId: z.optional(AnyId),
    from: z.optional(Day),
    to: z.optional(Day),
  })
  // The defaults let the check pass if `from` or `to` is absent.
  .check(z.refine(({ from = '', to = from }) => from <= to, 'from is after to'));

/** Accepts any id. If the caller has no pre-booking with that id, the route answers 404. */
export const PrebookingPath = z.object({ id: AnyId });
