import * as z from 'zod/mini';
import type { ListedClass } from '../aimharder/client.ts';
import { toIso } from '../platform/dynamodb.ts';
import { classHours } from './class-hours.ts';

const STATES = ['bookable', 'booked', 'waitlisted', 'full', 'cancelled', 'closed'] as const;

// The schema serves only the OpenAPI document. The call that makes it is marked as pure, so that esbuild leaves it out of
// the functions' bundles.

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
 * Determines the state of a class as AimHarder's own page does, which offers a booking button unless the class is closed. Only
 * the state `full` is our own.
 */
function stateOf(listed: ListedClass): (typeof STATES)[number] {
  if (listed.cancelled) return 'cancelled';
  if (listed.mine !== null) return listed.mine;
  if (!listed.enabled) return 'closed';
  return listed.capacity !== null && listed.booked >= listed.capacity ? 'full' : 'bookable';
}
