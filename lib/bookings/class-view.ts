import * as z from 'zod/mini';
import type { ListedClass } from '../aimharder/client.ts';
import { toIso } from '../platform/dynamodb.ts';
import { classHours } from './class-hours.ts';

const STATES = ['bookable', 'booked', 'waitlisted', 'full', 'cancelled', 'closed'] as const;

// The schemas serve the OpenAPI document; the functions use only the types. Each schema is made in a call that is marked as
// pure, so that esbuild leaves the unused schema out of the functions' bundles.

/** A class in a response. */
export const ClassView = /* @__PURE__ */ (() =>
  z.strictObject({
    classId: z.string(),
    name: z.string(),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    coach: z.nullable(z.string()),
    capacity: z.nullable(z.int()),
    booked: z.int(),
    waitlist: z.nullable(z.int()),
    state: z.enum(STATES),
    bookingId: z.nullable(z.string()),
  }))();

type ClassView = z.output<typeof ClassView>;

export function classView(listed: ListedClass, day: string, timezone: string): ClassView {
  const { startsAt, endsAt } = classHours(listed, day, timezone);
  return {
    classId: listed.classId,
    name: listed.name,
    startsAt: toIso(startsAt),
    endsAt: toIso(endsAt),
    coach: listed.coach,
    capacity: listed.capacity,
    booked: listed.booked,
    waitlist: listed.waitlist,
    state: stateOf(listed),
    bookingId: listed.bookingId,
  };
}

/**
 * Follows AimHarder's own page, which offers a booking button unless the class is closed; the state `full` is this service's
 * addition.
 */
function stateOf(listed: ListedClass): (typeof STATES)[number] {
  if (listed.cancelled) return 'cancelled';
  if (listed.mine !== null) return listed.mine;
  if (!listed.enabled) return 'closed';
  return listed.capacity !== null && listed.booked >= listed.capacity ? 'full' : 'bookable';
}
