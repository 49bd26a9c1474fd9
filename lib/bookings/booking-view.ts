import * as z from 'zod/mini';
import { toIso } from '../platform/dynamodb.ts';
import type { BookedClass, Place } from './booking.ts';

// The schema serves only the OpenAPI document. The call that makes it is marked as pure, so that esbuild leaves the schema
// out of the functions' bundles.

/** A booking in a response. */
export const BookingView = /* @__PURE__ */ (() =>
  z.strictObject({
    status: z.enum(['booked', 'waitlisted']),
    bookingId: z.nullable(z.string()),
    box: z.string(),
    day: z.iso.date(),
    classId: z.string(),
    familyId: z.nullable(z.string()),
    className: z.string(),
    classStartsAt: z.iso.datetime(),
  }))();

type BookingView = z.output<typeof BookingView>;

export const bookingView = (
  { kind, bookingId }: Place,
  { box, day, classId, familyId, className, classStartsAt }: BookedClass,
): BookingView => ({
  status: kind,
  bookingId,
  box,
  day,
  classId,
  familyId,
  className,
  classStartsAt: toIso(classStartsAt),
});
