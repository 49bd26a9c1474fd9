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
import { learnOpening, openingByRule, type ResolveOpeningDeps, resolveOpening } from './resolve-opening.ts';

export type PrebookingRequest = {
  readonly box: string;
  readonly day: string;
  readonly classId: string;
  readonly familyId?: string | undefined;
  readonly whenFull?: WhenFull | undefined;
};
/** What the caller knows of the opening: the instant, or the box's rule. */
export type GivenOpening = { readonly opensAt?: Instant | undefined; readonly opening?: OpeningRule | undefined };
export type CreateDeps = PlaceOrderDeps &
  ResolveOpeningDeps & { readonly prebookingQueries: Pick<PrebookingQueries, 'ofClass'> };

/**
 * Orders a class for its opening, which the caller gives, the box's rule or AimHarder tells.
 *
 * @throws AppError box-not-found, class-not-found, already-booked, and what `findOpening` and `order` throw.
 */
export async function createPrebooking(
  deps: CreateDeps,
  caller: DeviceSession,
  wanted: PrebookingRequest,
  given: GivenOpening,
  signal: AbortSignal,
): Promise<PlacedOrder> {
  const previous = await previousOrder(deps, caller, wanted);
  if (previous && isUnfinished(previous)) return { prebooking: previous, created: false };
  const member = await memberAtBox(deps, caller, wanted.box, signal);
  const { listed, sought } = await seek(deps, member, wanted, signal);
  const alike = await orderOfAnotherId(deps, caller, sought);
  if (alike) return { prebooking: alike, created: false };
  if (listed.mine !== null) {
    if (previous && 'result' in previous && previous.status === listed.mine)
      return { prebooking: previous, created: false };
    throw new AppError('already-booked', 'You already have a place in this class.');
  }
  const at = given.opening ? openingByRule(deps, given.opening, sought) : given.opensAt;
  if (at !== undefined) return placeOrder(deps, caller.email, sought, at, previous);
  const opening = await resolveOpening(deps, member, sought, signal);
  if (opening.kind === 'opens') return placeOrder(deps, caller.email, sought, opening.at, previous);
  const settled = { outcome: opening.kind, bookingId: opening.bookingId };
  return recordImmediateOutcome(deps, caller.email, sought, settled, previous);
}

export type BookedOrOrdered =
  | { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null; readonly sought: ListedClassRef }
  | { readonly kind: 'prebooked'; readonly prebooking: Prebooking };

/**
 * Books a class at once; when that is too early, orders it for its opening instead, unless the caller would rather not.
 *
 * @throws AppError too-early when it was refused and no pre-booking was wanted or possible; what `bookNow` and `order` throw.
 */
export async function bookOrOrder(
  deps: CreateDeps & { readonly bookings: BookingStore },
  caller: DeviceSession,
  wanted: PrebookingRequest & { readonly whenTooEarly: 'prebook' | 'refuse' },
  signal: AbortSignal,
): Promise<BookedOrOrdered> {
  const member = await memberAtBox(deps, caller, wanted.box, signal);
  const { sought } = await seek(deps, member, wanted, signal);
  const answer = await bookAtOnce(deps, member, sought, signal);
  if (answer.kind !== 'too-early') {
    await recordBestEffort(deps.logger, deps.bookings.recordBooked(caller.email, sought, answer, deps.clock.now()));
    return { ...answer, sought };
  }
  if (wanted.whenTooEarly === 'refuse') throw new AppError('too-early', 'Bookings for this class are not open yet.');
  const at = await learnOpening(deps, sought, answer.rule);
  const alike = await orderOfAnotherId(deps, caller, sought);
  if (alike) return { kind: 'prebooked', prebooking: alike };
  const { prebooking } = await placeOrder(deps, caller.email, sought, at, await previousOrder(deps, caller, wanted));
  return { kind: 'prebooked', prebooking };
}

const previousOrder = ({ prebookings }: CreateDeps, { email }: DeviceSession, wanted: PrebookingRequest) =>
  prebookings.find({ email, id: prebookingId(email, { ...wanted, familyId: wanted.familyId ?? null }) });

/** An unfinished order of the same class, from before its box showed it or under an earlier slot id. */
async function orderOfAnotherId({ prebookingQueries }: CreateDeps, { email }: DeviceSession, sought: ListedClassRef) {
  return (await prebookingQueries.ofClass(email, sought)).find(isUnfinished);
}

/** Finds the class in the timetable: its name and hour will find it again should its slot id change. */
async function seek(
  deps: CreateDeps,
  member: MemberAtBox,
  { box, day, classId, familyId, whenFull = null }: PrebookingRequest,
  signal: AbortSignal,
) {
  const listed = findClass(await listClasses(deps, member, { box, day, familyId }, signal), classId);
  const { startsAt, endsAt } = classHours(listed, day, timezoneOf(deps.boxSettings, box));
  const sought: ListedClassRef = {
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
  return { listed, sought };
}
