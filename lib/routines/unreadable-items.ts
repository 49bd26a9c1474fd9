import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { StoredInstant } from '../platform/stored-fields.ts';
import { STATUSES } from '../prebookings/prebooking.ts';

/*
 * What can still be read of an item that cannot be decoded: most often, one field is wrong and the others are right. A field that
 * cannot be read may have any value.
 */

/** Decodes a field. One that is absent or wrong becomes undefined. */
const readable = <Value>(field: z.ZodMiniType<Value>) => z.catch(z.optional(field), undefined);

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
