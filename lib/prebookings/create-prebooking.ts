import { type ListedClass, UpstreamFailure } from '../aimharder/client.ts';
import { prepareMember } from '../bookings/as-member.ts';
import { bookAtOnce } from '../bookings/book-class.ts';
import { classHours } from '../bookings/class-hours.ts';
import { findClass, listClasses } from '../bookings/classes.ts';
import { findWhatIsLeft } from '../bookings/read-back.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { timezoneOf } from '../boxes/settings.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { DeviceSession } from '../sessions/session.ts';
import { forgetContradictedRule } from './contradicted-rule.ts';
import {
  applyOpeningRule,
  type FindOpeningDeps,
  findOpeningOrBook,
  guessAfterRefusal,
  learnOpening,
  ruleHolder,
} from './find-opening.ts';
import {
  type PlacedOrder,
  type PlaceOrderDeps,
  placeOrder,
  recordImmediateOutcome,
  returnExisting,
} from './place-order.ts';
import {
  type Ended,
  isUnfinished,
  type ListedClassRef,
  type Pending,
  type Prebooking,
  prebookingId,
  type Unfinished,
  type WhenFull,
} from './prebooking.ts';
import type { PrebookingQueries } from './prebooking-queries.ts';
import { type RecordAtOnceDeps, recordAtOnce } from './record-at-once.ts';
import { resolveWanted } from './wanted-class.ts';

/** Names the class that the caller orders, and the person who will attend it. */
export type PrebookingRequest = {
  readonly box: string;
  readonly day: string;
  readonly classId: string;
  readonly familyId?: string | undefined;
  readonly whenFull?: WhenFull | undefined;
};
/** What the caller knows about the opening: the instant, or the rule. */
export type GivenOpening = { readonly opensAt?: Instant | undefined; readonly opening?: OpeningRule | undefined };
export type CreateDeps = PlaceOrderDeps &
  FindOpeningDeps & { readonly prebookingQueries: Pick<PrebookingQueries, 'findByClass'> };

/**
 * How long a route that may book waits for AimHarder's answers in all, in milliseconds. The route is aborted after 28.5 s; the
 * remaining 2.5 s are for authenticating the caller and for recording the booking.
 */
const LONGEST_BOOKING = 26 * SECOND;

/**
 * Orders a class for its opening. The opening comes from the caller, the configured or learned rule, or AimHarder. If the member
 * already has an unfinished order of the class, returns that order unchanged: an order made by hand even if AimHarder cannot be
 * reached or does not list the class. If the box has cancelled the class, refuses the request; the existing order stays, and ends
 * as `class-cancelled` at the opening, unless the box takes the cancellation back.
 *
 * @throws AppError box-not-found, class-not-found, class-cancelled, class-moved, already-booked, and what `findOpeningOrBook`
 *   and `placeOrder` throw.
 */
export async function createPrebooking(
  deps: CreateDeps,
  caller: DeviceSession,
  request: PrebookingRequest,
  given: GivenOpening,
  signal: AbortSignal,
): Promise<PlacedOrder> {
  const answerBy = deps.clock.monotonic() + LONGEST_BOOKING;
  const existing = await findById(deps, caller, request);
  if (existing?.status === 'firing') return { prebooking: existing, isNew: false };
  const found = await findInTimetable(deps, caller, request, signal).catch((error: unknown) => {
    // A routine's order does not follow a class that has moved, so only the timetable shows whether the order is still valid.
    if (existing?.status === 'pending' && existing.routineId === null) return keepIfPossible(existing, error);
    throw error;
  });
  // Only a pre-booking has a status: then `found` is the existing order.
  if ('status' in found) return returnExisting(deps, found);
  const { member, classes, listed, wanted } = found;
  const { unfinished, previous } = await findOrders(deps, caller, wanted, classes);
  if (unfinished) return returnExisting(deps, unfinished);
  if (listed.mine !== null) {
    // The earlier order got the place that the timetable shows: a repeated request gets that order.
    if (previous && 'result' in previous && previous.status === listed.mine)
      return { prebooking: previous, isNew: false };
    throw new AppError('already-booked', 'You already have a place in this class.');
  }
  const openingRule = given.opening;
  const opensAt = openingRule ? applyOpeningRule(deps, openingRule, wanted) : given.opensAt;
  if (opensAt !== undefined) return placeOrder(deps, caller.email, { ...wanted, openingRule }, opensAt, previous);
  const opening = await findOpeningOrBook(deps, member, { ...wanted, answerBy }, signal);
  if (opening.kind === 'opens') {
    const order = { ...wanted, openingRule: opening.rule };
    return placeOrder(deps, caller.email, order, opening.at, previous);
  }
  const immediate = { outcome: opening.kind, bookingId: opening.bookingId };
  return recordImmediateOutcome(deps, caller.email, wanted, immediate, previous);
}

export type BookedOrOrdered =
  | { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null; readonly wanted: ListedClassRef }
  | { readonly kind: 'prebooked'; readonly prebooking: Prebooking };

/**
 * Books a class at once; a class that the timetable shows as full is booked onto its waitlist. If bookings are not open yet,
 * orders the class for its opening, or refuses if the caller asked for that.
 * A refusal of AimHarder in unknown words may also mean that bookings are not open: then the opening is guessed
 * (`guessAfterRefusal`).
 *
 * @throws AppError too-early if AimHarder refused and an order was not wanted or not possible; what `bookAtOnce` and `placeOrder`
 *   throw.
 */
export async function bookOrOrder(
  deps: CreateDeps & RecordAtOnceDeps,
  caller: DeviceSession,
  request: PrebookingRequest & { readonly whenTooEarly: 'prebook' | 'refuse' },
  signal: AbortSignal,
): Promise<BookedOrOrdered> {
  const answerBy = deps.clock.monotonic() + LONGEST_BOOKING;
  const { member, classes, listed, wanted } = await findInTimetable(deps, caller, request, signal);
  const holder = ruleHolder(caller.email, wanted);
  const isOrderedIfTooEarly = request.whenTooEarly === 'prebook';
  const acceptWaitlist = listed.mine === null && findWhatIsLeft(listed) === 'waitlist';
  const sought = { ...wanted, isOrderedIfTooEarly, acceptWaitlist, answerBy };
  const answer = await bookAtOnce(deps, member, sought, signal).catch(async (error: unknown) => {
    signal.throwIfAborted();
    if (request.whenTooEarly === 'refuse') throw error;
    return { kind: 'guessed' as const, at: await guessAfterRefusal(deps, wanted, error) };
  });
  if (answer.kind !== 'too-early' && answer.kind !== 'guessed') {
    const now = deps.clock.now();
    await recordAtOnce(deps, caller.email, wanted, answer, now);
    await forgetContradictedRule(deps, holder, wanted, now);
    return { ...answer, wanted };
  }
  if (request.whenTooEarly === 'refuse') throw new AppError('too-early', 'Bookings for this class are not open yet.');
  const opening = answer.kind === 'guessed' ? answer : await learnOpening(deps, holder, wanted, answer.rule);
  const { unfinished, previous } = await findOrders(deps, caller, wanted, classes);
  const openingRule = 'rule' in opening ? opening.rule : undefined;
  const { prebooking } = unfinished
    ? await returnExisting(deps, unfinished)
    : await placeOrder(deps, caller.email, { ...wanted, openingRule }, opening.at, previous);
  return { kind: 'prebooked', prebooking };
}

const findById = (
  { prebookings }: CreateDeps,
  { email }: DeviceSession,
  { box, day, classId, familyId = null }: PrebookingRequest | ListedClassRef,
) => prebookings.find({ email, id: prebookingId(email, { box, day, classId, familyId }) });

/**
 * Finds the caller's orders of a class: the unfinished order, and `previous`, an ended order with the same id. The unfinished
 * order may have another slot id, if the timetable now shows its class under the wanted slot id.
 *
 * @throws AppError class-moved if a routine ordered the class for an hour that the class has left.
 */
async function findOrders(
  deps: CreateDeps,
  caller: DeviceSession,
  wanted: ListedClassRef,
  classes: readonly ListedClass[],
): Promise<{ readonly unfinished?: Unfinished | undefined; readonly previous?: Ended }> {
  const sameId = await findById(deps, caller, wanted);
  if (sameId && isUnfinished(sameId)) {
    if (sameId.routineId === null || sameId.classTime === wanted.classTime) return { unfinished: sameId };
    throw new AppError(
      'class-moved',
      `A routine ordered this class for ${sameId.classTime}, and the box has moved it to ${wanted.classTime}. If you want it then, cancel pre-booking ${sameId.id} and order the class again.`,
    );
  }
  const sameClass = (await deps.prebookingQueries.findByClass(caller.email, wanted)).filter(isUnfinished);
  const unfinished = sameClass.find((order) => {
    const resolved = resolveWanted(classes, order);
    return 'listed' in resolved && resolved.listed.classId === wanted.classId;
  });
  return { unfinished, ...(sameId && { previous: sameId }) };
}

/**
 * Returns an order whose class was not found, if the class may still take place: the timetable cannot be read, or the box hides
 * the class until its bookings open.
 *
 * @throws the error in any other case. If the box has cancelled the class, its message adds that the order stays.
 */
function keepIfPossible(order: Pending, error: unknown): Pending {
  if (error instanceof UpstreamFailure) return order;
  if (!(error instanceof AppError)) throw error;
  if (error.code === 'class-not-found') return order;
  if (error.code !== 'class-cancelled') throw error;
  const advice = `Your pre-booking ${order.id} stays, in case the box takes that back; cancel it if you do not want that.`;
  throw new AppError(error.code, `${error.message} ${advice}`, { cause: error });
}

/** Reads the day's timetable with the caller's session, and finds the requested class in it. */
async function findInTimetable(
  deps: CreateDeps,
  caller: DeviceSession,
  { box, day, classId, familyId, whenFull = null }: PrebookingRequest,
  signal: AbortSignal,
) {
  const member = await prepareMember(deps, caller, box, signal);
  const classes = await listClasses(deps, member, { box, day, familyId }, signal);
  const listed = findClass(classes, classId);
  const { startsAt, endsAt } = classHours(listed, day, timezoneOf(deps.boxSettings, box));
  const wanted: ListedClassRef = {
    box,
    boxId: member.box.boxId,
    day,
    classId: listed.classId,
    familyId: familyId ?? null,
    whenFull,
    routineId: null,
    className: listed.name,
    classTime: listed.start,
    classStartsAt: startsAt,
    classEndsAt: endsAt,
  };
  return { member, classes, listed, wanted };
}
