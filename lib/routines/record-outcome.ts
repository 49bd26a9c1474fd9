import { type ImmediateOutcome, type PlaceOrderDeps, recordImmediateOutcome } from '../prebookings/place-order.ts';
import { type ListedClassRef, type Replaced, statusAfter } from '../prebookings/prebooking.ts';
import { type RecordAtOnceDeps, recordAtOnce } from '../prebookings/record-at-once.ts';
import type { PlannedDate } from './date-outcome.ts';

export type RecordOutcomeDeps = Pick<PlaceOrderDeps, 'prebookings' | 'clock' | 'isDeleted'> & RecordAtOnceDeps;

/**
 * Records the outcome of a routine's booking request as a pre-booking. If the order of another class has the id, that order stays,
 * and a place is recorded as if the member had booked it at once. So the class is not booked again after a cancellation. No message
 * tells the member of such a place.
 *
 * @param previous the ended order of the class that the pre-booking replaces.
 */
export async function recordOutcome(
  deps: RecordOutcomeDeps,
  { email, now }: PlannedDate,
  wanted: ListedClassRef,
  immediate: ImmediateOutcome,
  previous: Replaced | undefined,
): Promise<void> {
  const { isRecorded } = await recordImmediateOutcome(deps, email, wanted, immediate, previous);
  const kind = statusAfter(immediate.outcome);
  if (isRecorded || kind === 'failed') return;
  await recordAtOnce(deps, email, wanted, { kind, bookingId: immediate.bookingId }, now);
}
