import type { Clock, Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import {
  type Finished,
  GRACE,
  isUnfinished,
  type Outcome,
  type Pending,
  type Prebooking,
  type PrebookingKey,
  prebookingId,
  type Result,
  slotOf,
  statusOf,
  type WantedClass,
  wakesAt,
} from './prebooking.ts';
import type { PrebookingQueries } from './prebooking-queries.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUps } from './wake-ups.ts';

export type PlaceOrderDeps = {
  readonly prebookings: PrebookingStore;
  readonly prebookingQueries: Pick<PrebookingQueries, 'releaseEnded'>;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Pending pre-bookings a member may have. */
  readonly maxPending: number;
};

export type PlacedOrder = { readonly prebooking: Prebooking; readonly created: boolean };

/**
 * Orders a class for its opening: the item first, then the wake-up, then the note that it is armed. A crash in between
 * leaves something that the sweep finishes; a wake-up that cannot be set is told, and nothing stays behind.
 *
 * @param previous what is stored under the same key: an order that is still unfinished is returned as it is.
 * @throws AppError invalid-request for an opening out of range, prebooking-limit, internal when the wake-up could not be set.
 */
export async function placeOrder(
  deps: PlaceOrderDeps,
  email: string,
  wanted: WantedClass,
  opening: Instant,
  previous: Prebooking | undefined,
): Promise<PlacedOrder> {
  if (previous && isUnfinished(previous)) return { prebooking: previous, created: false };
  const now = deps.clock.now();
  refuseOutOfRange(wanted, opening, now);
  const prebooking: Pending = {
    ...newPrebooking(email, wanted, opening, now),
    status: 'pending',
    armed: false,
    lease: null,
  };
  if (!(await reserve(deps, prebooking))) {
    throw new AppError('prebooking-limit', `You have ${deps.maxPending} pending pre-bookings, which is the most.`);
  }
  if (!(await deps.prebookings.put(prebooking, previous))) return simultaneous(deps, prebooking);
  await armOrUndo(deps, prebooking);
  deps.logger.info('prebooking-ordered', {
    prebooking: prebooking.id,
    order: prebooking.generation,
    opensAt: toIso(opening),
  });
  return { prebooking: { ...prebooking, armed: true }, created: true };
}

/** @returns false at the limit, and not only because of places that nobody gave back. */
async function reserve(
  { prebookings, prebookingQueries, maxPending }: PlaceOrderDeps,
  prebooking: Pending,
): Promise<boolean> {
  if (await prebookings.reserve(prebooking, maxPending)) return true;
  await prebookingQueries.releaseEnded(prebooking.email);
  return prebookings.reserve(prebooking, maxPending);
}

/** What became of a class that AimHarder was asked for while it was being ordered. */
export type ImmediateOutcome = { readonly outcome: Outcome; readonly bookingId: string | null };

/** Keeps the record of it: a pre-booking that ended at once, which is announced as any other. */
export async function recordImmediateOutcome(
  deps: Pick<PlaceOrderDeps, 'prebookings' | 'clock'>,
  email: string,
  wanted: WantedClass,
  { outcome, bookingId }: ImmediateOutcome,
  previous: Prebooking | undefined,
): Promise<PlacedOrder> {
  const now = deps.clock.now();
  const result: Result = {
    ...{ outcome, bookingId },
    code: null,
    message: null,
    firedAt: now,
    latenessMs: null,
    latenessBoundMs: null,
    shots: 1,
    aimedBy: null,
  };
  const prebooking: Finished = {
    ...newPrebooking(email, wanted, now, now),
    status: statusOf(outcome),
    result,
    endedAt: now,
  };
  await deps.prebookings.put(prebooking, previous);
  return { prebooking, created: true };
}

function newPrebooking(email: string, wanted: WantedClass, opening: Instant, now: Instant) {
  const id = prebookingId(email, { ...wanted, classId: slotOf(wanted) });
  return { ...wanted, email, id, generation: now, opensAt: opening, wakesAt: wakesAt(opening), createdAt: now };
}

function refuseOutOfRange({ classStartsAt }: WantedClass, opening: Instant, now: Instant): void {
  if (classStartsAt <= now) throw new AppError('invalid-request', 'The class has already started.');
  if (opening >= classStartsAt)
    throw new AppError('invalid-request', 'body.opensAt: bookings open before the class starts');
  if (opening < now - GRACE)
    throw new AppError('invalid-request', 'body.opensAt: more than 2 minutes ago; book the class instead');
}

/** Another request ordered the same class in the same instant: its order counts. */
async function simultaneous({ prebookings }: PlaceOrderDeps, key: PrebookingKey): Promise<PlacedOrder> {
  const other = await prebookings.find(key);
  if (!other || !isUnfinished(other)) await prebookings.release(key);
  if (!other)
    throw new AppError('prebooking-finished', 'The same class was ordered and withdrawn meanwhile. Try again.');
  return { prebooking: other, created: false };
}

async function armOrUndo(deps: PlaceOrderDeps, prebooking: Pending): Promise<void> {
  try {
    await deps.wakeUps.arm(prebooking, deps.clock.now());
  } catch (cause) {
    await undoOrder(deps, prebooking);
    throw new AppError('internal', 'The wake-up could not be set, so nothing was ordered. Try again.', { cause });
  }
  await deps.prebookings.markArmed(prebooking);
}

async function undoOrder({ prebookings, wakeUps, logger }: PlaceOrderDeps, prebooking: Pending): Promise<void> {
  if (await prebookings.undoOrder(prebooking)) await prebookings.release(prebooking);
  // The answer may have been lost after the schedule was made. Should removing it fail too, it will find nothing to do.
  await wakeUps
    .disarm(prebooking)
    .catch((error: unknown) => logger.error('undo-failed', error, { prebooking: prebooking.id }));
}
