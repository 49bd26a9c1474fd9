import * as z from 'zod/mini';
import type { Outcome } from '../events/outcome.ts';
import type { Clock, Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { accountBeingDeleted, type IsDeleted } from '../sessions/tombstones.ts';
import type { PendingQuota } from './pending-quota.ts';
import {
  computeWakeUp,
  type Finished,
  GRACE,
  isUnfinished,
  type Pending,
  type Prebooking,
  type PrebookingKey,
  prebookingId,
  type Replaced,
  type Result,
  slotKey,
  statusAfter,
  TRANSITIONS,
  type Unfinished,
  type WantedClass,
} from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import type { WakeUps } from './wake-ups.ts';

export type PlaceOrderDeps = {
  readonly prebookings: PrebookingStore;
  readonly quota: Pick<PendingQuota, 'reserve' | 'release'>;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Encrypts the member's e-mail for the wake-ups of a pre-booking. */
  readonly encryptMember: (key: PrebookingKey) => Promise<string>;
  /** How many pending pre-bookings a member may have, besides those of routines. */
  readonly maxPending: number;
  /** Whether the member's account is being deleted: then nothing is stored any more. */
  readonly isDeleted: IsDeleted;
};

/** @property isNew false if the order existed already. */
export type PlacedOrder = { readonly prebooking: Prebooking; readonly isNew: boolean };

/**
 * Orders a class for its opening: writes the item, sets the wake-up, and then marks the item as armed. If the process dies in
 * between, the sweep completes the order. If the wake-up cannot be set, the order is undone.
 *
 * @param opening when bookings for the class open.
 * @param previous the stored order with the same key. If it is unfinished, it is returned (`returnExisting`).
 * @throws AppError invalid-request if the opening is out of range, prebooking-limit, internal if the wake-up could not
 *   be set, prebooking-finished if the order was undone or ended meanwhile.
 */
export async function placeOrder(
  deps: PlaceOrderDeps,
  email: string,
  wanted: WantedClass,
  opening: Instant,
  previous: Unfinished | Replaced | undefined,
): Promise<PlacedOrder> {
  if (previous && isUnfinished(previous)) return returnExisting(deps, previous);
  const now = deps.clock.now();
  refuseOutOfRange(wanted, opening, now);
  if (await deps.isDeleted(email)) throw accountBeingDeleted();
  const ordered = newPrebooking(email, wanted, opening, now);
  const prebooking: Pending = {
    ...ordered,
    member: await deps.encryptMember(ordered),
    status: 'pending',
    armed: false,
    lease: null,
  };
  if (!(await deps.quota.reserve(prebooking, deps.maxPending, deps.clock.now())))
    throw new AppError('prebooking-limit', describeLimit(wanted, deps.maxPending));
  if (!(await deps.prebookings.put(prebooking, previous))) return returnSimultaneous(deps, prebooking);
  await armOrUndo(deps, prebooking);
  deps.logger.info('prebooking-ordered', {
    prebooking: prebooking.id,
    order: prebooking.generation,
    opensAt: toIso(opening),
  });
  return { prebooking: { ...prebooking, armed: true }, isNew: true };
}

/** The outcome of a booking request that was sent instead of an order, because bookings may already have been open. */
export type ImmediateOutcome = { readonly outcome: Outcome; readonly bookingId: string | null };

/**
 * Records an immediate outcome as a pre-booking that ended at once. The outcome is published like any other.
 *
 * @param previous the stored order with the same key, which the record replaces.
 * @returns `isRecorded`: false if another order has the key, which then stays, or if the account is being deleted.
 */
export async function recordImmediateOutcome(
  deps: Pick<PlaceOrderDeps, 'prebookings' | 'clock' | 'isDeleted'>,
  email: string,
  wanted: WantedClass,
  { outcome, bookingId }: ImmediateOutcome,
  previous: Replaced | undefined,
): Promise<PlacedOrder & { readonly isRecorded: boolean }> {
  const now = deps.clock.now();
  const result: Result = {
    outcome,
    bookingId,
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
    status: statusAfter(outcome),
    result,
    endedAt: now,
    // The answer to the member's own request tells the outcome. A routine's outcome is told by a notification.
    ...(wanted.routineId === null && { isAnswered: true }),
  };
  // AimHarder has answered, so even a member who has just deleted the account gets the outcome; but nothing is recorded.
  const isRecorded = !(await deps.isDeleted(email)) && (await deps.prebookings.put(prebooking, previous));
  return { prebooking, isNew: true, isRecorded };
}

const describeLimit = ({ routineId }: WantedClass, maxPending: number): string =>
  routineId === null
    ? `You already have ${maxPending} pending pre-bookings, the maximum. Those of routines do not count.`
    : 'Your routines already have as many pending pre-bookings as there may be routines.';

function newPrebooking(email: string, wanted: WantedClass, opensAt: Instant, now: Instant) {
  const id = prebookingId(email, { ...wanted, classId: slotKey(wanted) });
  return { ...wanted, email, id, generation: now, opensAt, wakesAt: computeWakeUp(opensAt), createdAt: now };
}

function refuseOutOfRange({ classStartsAt }: WantedClass, opening: Instant, now: Instant): void {
  if (classStartsAt <= now) throw new AppError('invalid-request', 'The class has already started.');
  if (opening >= classStartsAt) throw new AppError('invalid-request', 'body.opensAt: must be before the class starts');
  if (opening < now - GRACE)
    throw new AppError('invalid-request', 'body.opensAt: more than 2 minutes ago; book the class instead');
}

/**
 * Returns the order that a concurrent request has placed for the same class. Both orders have the same id, which the quota counts
 * once, so the quota is released only if that order has ended or is gone.
 *
 * @throws AppError prebooking-finished if that order is gone; ZodError if it cannot be decoded.
 */
async function returnSimultaneous(deps: PlaceOrderDeps, key: PrebookingKey): Promise<PlacedOrder> {
  const { prebookings, quota } = deps;
  let hasEnded = false;
  const onUnreadable = (error: unknown, item: unknown) => {
    hasEnded = EndedItem.safeParse(item).success;
    throw error;
  };
  const other = await prebookings.find(key, onUnreadable).catch(async (error: unknown) => {
    if (hasEnded) await quota.release(key);
    throw error;
  });
  if (!other || !isUnfinished(other)) await quota.release(key);
  if (!other) throw undoneMeanwhile();
  return returnExisting(deps, other);
}

const undoneMeanwhile = () =>
  new AppError('prebooking-finished', 'Another request ordered this class and undid its order. Try again.');

/**
 * Returns an order that another request has placed. If its wake-up is not marked as set, sets it: otherwise the other request undoes
 * the order if it fails to set the wake-up.
 *
 * @throws AppError prebooking-finished if the order was undone meanwhile; internal if the wake-up could not be set.
 */
export async function returnExisting(deps: PlaceOrderDeps, existing: Prebooking): Promise<PlacedOrder> {
  if (!mayBeUndone(existing)) return { prebooking: existing, isNew: false };
  await deps.wakeUps.arm(existing, deps.clock.now()).catch((cause: unknown) => {
    throw new AppError('internal', 'The wake-up of this order could not be set. Try again.', { cause });
  });
  if (await deps.prebookings.markArmed(existing)) return { prebooking: { ...existing, armed: true }, isNew: false };
  const current = await deps.prebookings.find(existing);
  if (current) return { prebooking: current, isNew: false };
  await disarm(deps, existing);
  throw undoneMeanwhile();
}

/** Checks whether the request that has placed an order may still undo it (`PrebookingStore.undoOrder`). */
const mayBeUndone = (order: Prebooking): order is Pending =>
  order.status === 'pending' && !order.armed && !order.needsNewWakeUp && order.lease === null;

/** What can still be read of an order that cannot be decoded, if it has ended. */
const EndedItem = z.object({ status: z.enum(TRANSITIONS.reorder) });

/**
 * Sets the wake-up of a new order. If that fails, undoes the order, unless another request has set the wake-up or a firing has
 * claimed the order.
 *
 * @throws AppError internal if the order was undone, prebooking-finished if it has ended meanwhile.
 */
async function armOrUndo(deps: PlaceOrderDeps, prebooking: Pending): Promise<void> {
  let hasArmingFailed = false;
  try {
    await deps.wakeUps.arm(prebooking, deps.clock.now());
  } catch (cause) {
    if (await undoOrder(deps, prebooking))
      throw new AppError('internal', 'The wake-up could not be set, so nothing was ordered. Try again.', { cause });
    deps.logger.error('unexpected-error', cause, { during: 'arm', prebooking: prebooking.id });
    hasArmingFailed = true;
  }
  try {
    if (await deps.prebookings.markArmed(prebooking)) return;
    // If the order was cancelled or deleted meanwhile, its wake-up may not have existed yet: it is deleted here.
    await deps.wakeUps.disarm(prebooking);
  } catch (error) {
    // The order is valid, so the sweep will set its wake-up if there is none, and mark it.
    deps.logger.error('unexpected-error', error, { during: 'mark-armed', prebooking: prebooking.id });
  }
  if (hasArmingFailed) await refuseEnded(deps, prebooking);
}

/**
 * Refuses to report an order as placed that has ended.
 *
 * @throws AppError prebooking-finished if the order was cancelled, deleted or replaced before its wake-up could be set.
 */
async function refuseEnded({ prebookings }: PlaceOrderDeps, prebooking: Pending): Promise<void> {
  const current = await prebookings.find(prebooking);
  // It may have been fired meanwhile, and may have its outcome.
  if (current?.generation === prebooking.generation && current.status !== 'cancelled') return;
  throw new AppError('prebooking-finished', 'This order was ended before its wake-up was set. Try again.');
}

async function undoOrder(deps: PlaceOrderDeps, prebooking: Pending): Promise<boolean> {
  if (!(await deps.prebookings.undoOrder(prebooking))) return false;
  await deps.quota.release(prebooking);
  // The schedule may exist even if its request failed.
  await disarm(deps, prebooking);
  return true;
}

/** Deletes the wake-up of an order that was undone. If it cannot be deleted, it will find no order. */
const disarm = ({ wakeUps, logger }: PlaceOrderDeps, prebooking: Pending): Promise<void> =>
  wakeUps
    .disarm(prebooking)
    .catch((error: unknown) => logger.error('rollback-failed', error, { prebooking: prebooking.id }));
