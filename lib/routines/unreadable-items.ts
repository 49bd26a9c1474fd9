import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { StoredInstant } from '../platform/stored-fields.ts';
import { isSameName } from '../platform/text.ts';
import { type Replaced, STATUSES, type WantedClass } from '../prebookings/prebooking.ts';

/*
 * What can still be read of an item that cannot be decoded: most often, one field is wrong and the others are right. A field that
 * cannot be read may have any value.
 */

/** Decodes a field. One that is absent or wrong becomes undefined. */
const readable = <Value>(field: z.ZodMiniType<Value>) => z.catch(z.optional(field), undefined);

const ReadableClass = z.object({
  box: readable(z.string()),
  day: readable(z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/))),
  classId: readable(z.nullable(z.string())),
  familyId: readable(z.nullable(z.string())),
  className: readable(z.string()),
  classStartsAt: readable(StoredInstant),
});

type ReadableClass = z.output<typeof ReadableClass>;

/** Checks whether a class may be the wanted one: no field that can be read shows another box, day, person, name or start. */
const mayBeClass = (candidate: ReadableClass, wanted: WantedClass): boolean =>
  mayBeOnDay(candidate, wanted) &&
  isSameName(candidate.className ?? wanted.className, wanted.className) &&
  (candidate.classStartsAt ?? wanted.classStartsAt) === wanted.classStartsAt;

/** Checks whether a class may have the slot id of the wanted one, whatever its name and start. */
const mayBeSlot = (candidate: ReadableClass, wanted: WantedClass): boolean =>
  wanted.classId !== null &&
  mayBeOnDay(candidate, wanted) &&
  (candidate.classId === undefined || candidate.classId === wanted.classId);

/** Checks whether a class may be at the box, on the day and for the person of the wanted one. */
const mayBeOnDay = ({ box, day, familyId }: ReadableClass, wanted: WantedClass): boolean =>
  (box ?? wanted.box) === wanted.box &&
  (day ?? wanted.day) === wanted.day &&
  (familyId === undefined || familyId === wanted.familyId);

/** Checks whether an item may be a pre-booking of a class. */
export const mayBeOrderOf = (item: unknown, wanted: WantedClass): boolean =>
  mayBeClass(ReadableClass.parse(item), wanted);

/** A record without `booked` only says that a booking was cancelled. */
const ReadableRecord = z.object({ booked: z.catch(z.optional(ReadableClass), ReadableClass.parse({})) });

/** Checks whether an item may be the record of a booking of a class. If the slot id of the class is known, it may identify the class. */
export function mayBeBookingOf(item: unknown, wanted: WantedClass): boolean {
  const { booked } = ReadableRecord.parse(item);
  return booked !== undefined && (mayBeClass(booked, wanted) || mayBeSlot(booked, wanted));
}

const ReadableOrder = z.object({
  routineId: readable(z.nullable(z.string())),
  status: readable(z.enum(STATUSES)),
  classStartsAt: readable(StoredInstant),
});

/** Checks whether an item may be a routine's pending pre-booking of a class that is still to come. */
export function mayBePendingOfRoutine(item: unknown, now: Instant): boolean {
  const { routineId, status = 'pending', classStartsAt = Number.POSITIVE_INFINITY } = ReadableOrder.parse(item);
  return routineId !== null && status === 'pending' && classStartsAt > now;
}

const CancelledByRoutine = z.object({
  id: z.string(),
  order: z.number(),
  status: z.literal('cancelled'),
  cancelledBy: z.literal('routine'),
});

/** Reads a pre-booking that a routine has cancelled. @returns undefined if the item is none, or if that cannot be read. */
export function readCancelledByRoutine(item: unknown): Replaced | undefined {
  const { data } = CancelledByRoutine.safeParse(item);
  return data && { id: data.id, status: data.status, generation: data.order };
}
