import { type MemberAtBox, memberAtBox } from '../bookings/as-member.ts';
import { bookAtOnce } from '../bookings/book-class.ts';
import { type BookingStore, recordBestEffort } from '../bookings/booking-store.ts';
import { classHours } from '../bookings/class-hours.ts';
import { findClass, listClasses } from '../bookings/classes.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { DeviceSession } from '../sessions/session.ts';
import { type PlacedOrder, type PlaceOrderDeps, placeOrder, recordImmediateOutcome } from './place-order.ts';
import { isUnfinished, type ListedClassRef, type Prebooking, prebookingId, type WhenFull } from './prebooking.ts';
import type { PrebookingQueries } from './prebooking-queries.ts';
import { applyOpeningRule, learnOpening, type ResolveOpeningDeps, resolveOpening } from './resolve-opening.ts';

export type PrebookingRequest = {
  readonly box: string;
  readonly day: string;
  readonly classId: string;
  readonly familyId?: string | undefined;
  readonly whenFull?: WhenFull | undefined;
};
/** What the caller knows about the opening: the instant, or the box's rule. */
export type GivenOpening = { readonly opensAt?: Instant | undefined; readonly opening?: OpeningRule | undefined };
export type CreateDeps = PlaceOrderDeps &
  ResolveOpeningDeps & { readonly prebookingQueries: Pick<PrebookingQueries, 'findByClass'> };

/**
 * Orders a class for its opening. The opening comes from the caller, the box's rule, or AimHarder.
 *
 * @throws AppError box-not-found, class-not-found, already-booked, and what `resolveOpening` and `placeOrder` throw.
 */
export async function createPrebooking(
  deps: CreateDeps,
  caller: DeviceSession,
  request: PrebookingRequest,
  given: GivenOpening,
  signal: AbortSignal,
): Promise<PlacedOrder> {
  const previous = await findPrevious(deps, caller, request);
  if (previous && isUnfinished(previous)) return { prebooking: previous, created: false };
  const member = await memberAtBox(deps, caller, request.box, signal);
  const { listed, wanted } = await findInTimetable(deps, member, request, signal);
  const sameClass = await findSameClass(deps, caller, wanted);
  if (sameClass) return { prebooking: sameClass, created: false };
  if (listed.mine !== null) {
    if (previous && 'result' in previous && previous.status === listed.mine)
      return { prebooking: previous, created: false };
    throw new AppError('already-booked', 'You already have a place in this class.');
  }
  const opensAt = given.opening ? applyOpeningRule(deps, given.opening, wanted) : given.opensAt;
  if (opensAt !== undefined) return placeOrder(deps, caller.email, wanted, opensAt, previous);
  const opening = await resolveOpening(deps, member, wanted, signal);
  if (opening.kind === 'opens') return placeOrder(deps, caller.email, wanted, opening.at, previous);
  const immediate = { outcome: opening.kind, bookingId: opening.bookingId };
  return recordImmediateOutcome(deps, caller.email, wanted, immediate, previous);
}

export type BookedOrOrdered =
  | { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null; readonly wanted: ListedClassRef }
  | { readonly kind: 'prebooked'; readonly prebooking: Prebooking };

/**
 * Books a class at once. If that is too early, it orders the class for its opening, unless the caller asked to refuse.
 *
 * @throws AppError too-early when AimHarder refused and no order was wanted or possible; what `bookAtOnce` and `placeOrder`
 *   throw.
 */
export async function bookOrOrder(
  deps: CreateDeps & { readonly bookings: BookingStore },
  caller: DeviceSession,
  request: PrebookingRequest & { readonly whenTooEarly: 'prebook' | 'refuse' },
  signal: AbortSignal,
): Promise<BookedOrOrdered> {
  const member = await memberAtBox(deps, caller, request.box, signal);
  const { wanted } = await findInTimetable(deps, member, request, signal);
  const answer = await bookAtOnce(deps, member, wanted, signal);
  if (answer.kind !== 'too-early') {
    await recordBestEffort(deps.logger, deps.bookings.recordBooked(caller.email, wanted, answer, deps.clock.now()));
    return { ...answer, wanted };
  }
  if (request.whenTooEarly === 'refuse') throw new AppError('too-early', 'Bookings for this class are not open yet.');
  const opensAt = await learnOpening(deps, wanted, answer.rule);
  const sameClass = await findSameClass(deps, caller, wanted);
  if (sameClass) return { kind: 'prebooked', prebooking: sameClass };
  const previous = await findPrevious(deps, caller, request);
  const { prebooking } = await placeOrder(deps, caller.email, wanted, opensAt, previous);
  return { kind: 'prebooked', prebooking };
}

const findPrevious = ({ prebookings }: CreateDeps, { email }: DeviceSession, request: PrebookingRequest) =>
  prebookings.find({ email, id: prebookingId(email, { ...request, familyId: request.familyId ?? null }) });

/** Finds an unfinished order of the same class that has another id: the box had not listed it, or its slot id changed. */
async function findSameClass({ prebookingQueries }: CreateDeps, { email }: DeviceSession, wanted: ListedClassRef) {
  return (await prebookingQueries.findByClass(email, wanted)).find(isUnfinished);
}

/** Finds the requested class in the timetable, which tells its name and start. */
async function findInTimetable(
  deps: CreateDeps,
  member: MemberAtBox,
  { box, day, classId, familyId, whenFull = null }: PrebookingRequest,
  signal: AbortSignal,
) {
  const listed = findClass(await listClasses(deps, member, { box, day, familyId }, signal), classId);
  const { startsAt, endsAt } = classHours(listed, day, timezoneOf(deps.boxSettings, box));
  const wanted: ListedClassRef = {
    box,
    boxId: member.box.boxId,
    day,
    classId,
    familyId: familyId ?? null,
    whenFull,
    routineId: null,
    className: listed.name,
    classTime: listed.start,
    classStartsAt: startsAt,
    classEndsAt: endsAt,
  };
  return { listed, wanted };
}
