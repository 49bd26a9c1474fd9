import * as z from 'zod/mini';
import type { ListedClass } from '../aimharder/client.ts';
import type { Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';

const STATES = ['bookable', 'not-open', 'booked', 'waitlisted', 'full', 'cancelled', 'closed'] as const;

// The schema serves only the OpenAPI document. The call that makes it is marked as pure, so that esbuild leaves it out of
// the functions' bundles.

/** A class in a response. The fields are described in `infra/catalog/openapi/fields.ts`. */
export const ClassView = /* @__PURE__ */ (() =>
  z.strictObject({
    classId: z.string(),
    name: z.string(),
    day: z.iso.date(),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    startsLocal: z.iso.time({ precision: -1 }),
    endsLocal: z.iso.time({ precision: -1 }),
    coach: z.nullable(z.string()),
    capacity: z.nullable(z.int()),
    booked: z.int(),
    waitlist: z.nullable(z.int()),
    state: z.enum(STATES),
    opensAt: z.nullable(z.iso.datetime()),
    bookingId: z.nullable(z.string()),
    prebookingId: z.nullable(z.string()),
    routineId: z.nullable(z.string()),
  }))();

type ClassView = z.output<typeof ClassView>;

/** A class of the timetable, with its opening and with what the member has ordered. */
export type MemberClass = {
  readonly listed: ListedClass;
  /** `YYYY-MM-DD` on the box's calendar. */
  readonly day: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** When bookings open to the member; null if that is unknown. */
  readonly opensAt: Instant | null;
  /** The pre-booking that waits for the opening of the class, or has made the place; null if there is none. */
  readonly prebookingId: string | null;
  /** The routine that wants or has ordered the class; null if there is none. */
  readonly routineId: string | null;
};

export function classView(memberClass: MemberClass, now: Instant): ClassView {
  const { listed, day, startsAt, endsAt, opensAt, prebookingId, routineId } = memberClass;
  return {
    classId: listed.classId,
    name: listed.name,
    day,
    startsAt: toIso(startsAt),
    endsAt: toIso(endsAt),
    startsLocal: listed.start,
    endsLocal: listed.end,
    coach: listed.coach,
    capacity: listed.capacity,
    booked: listed.booked,
    waitlist: listed.waitlist,
    state: stateOf(memberClass, now),
    opensAt: opensAt === null ? null : toIso(opensAt),
    bookingId: listed.bookingId,
    prebookingId,
    routineId,
  };
}

/**
 * Determines the state of a class. No field of AimHarder states `not-open` or `full`. AimHarder's own page computes "full" too,
 * but knows no `not-open`: it offers a booking button, before the opening too, unless the class is closed (not `enabled`).
 */
function stateOf({ listed, opensAt }: MemberClass, now: Instant): (typeof STATES)[number] {
  if (listed.cancelled) return 'cancelled';
  if (listed.mine !== null) return listed.mine;
  if (!listed.enabled) return 'closed';
  if (opensAt !== null && opensAt > now) return 'not-open';
  return listed.capacity !== null && listed.booked >= listed.capacity ? 'full' : 'bookable';
}
