import { enter, type MemberAtBox } from '../bookings/as-member.ts';
import { bookNow } from '../bookings/book-class.ts';
import { type BookingStore, noteQuietly } from '../bookings/booking-store.ts';
import { classNamed, hoursOf, listClasses } from '../bookings/classes.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { DeviceSession } from '../sessions/session.ts';
import { type OrderDeps, type Ordered, order, recordSettled } from './place-order.ts';
import { isUnfinished, type ListedOrder, type Prebooking, prebookingId, type WhenFull } from './prebooking.ts';
import type { PrebookingQueries } from './prebooking-queries.ts';
import { type FindOpeningDeps, findOpening, openingBy, openingLearned } from './resolve-opening.ts';

export type Wanted = {
  readonly box: string;
  readonly day: string;
  readonly classId: string;
  readonly familyId?: string | undefined;
  readonly whenFull?: WhenFull | undefined;
};
/** What the caller knows of the opening: the instant, or the box's rule. */
export type GivenOpening = { readonly opensAt?: Instant | undefined; readonly opening?: OpeningRule | undefined };
export type CreateDeps = OrderDeps & FindOpeningDeps & { readonly orders: Pick<PrebookingQueries, 'ofClass'> };

/**
 * Orders a class for its opening, which the caller gives, the box's rule or AimHarder tells.
 *
 * @throws AppError box-not-found, class-not-found, already-booked, and what `findOpening` and `order` throw.
 */
export async function createPrebooking(
  deps: CreateDeps,
  caller: DeviceSession,
  wanted: Wanted,
  given: GivenOpening,
  signal: AbortSignal,
): Promise<Ordered> {
  const previous = await previousOrder(deps, caller, wanted);
  if (previous && isUnfinished(previous)) return { prebooking: previous, created: false };
  const member = await enter(deps, caller, wanted.box, signal);
  const { listed, sought } = await seek(deps, member, wanted, signal);
  const alike = await orderOfAnotherId(deps, caller, sought);
  if (alike) return { prebooking: alike, created: false };
  if (listed.mine !== null) {
    if (previous && 'result' in previous && previous.status === listed.mine)
      return { prebooking: previous, created: false };
    throw new AppError('already-booked', 'You already have a place in this class.');
  }
  const at = given.opening ? openingBy(deps, given.opening, sought) : given.opensAt;
  if (at !== undefined) return order(deps, caller.email, sought, at, previous);
  const opening = await findOpening(deps, member, sought, signal);
  if (opening.kind === 'opens') return order(deps, caller.email, sought, opening.at, previous);
  const settled = { outcome: opening.kind, bookingId: opening.bookingId };
  return recordSettled(deps, caller.email, sought, settled, previous);
}

export type BookedOrOrdered =
  | { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null; readonly sought: ListedOrder }
  | { readonly kind: 'prebooked'; readonly prebooking: Prebooking };

/**
 * Books a class at once; when that is too early, orders it for its opening instead, unless the caller would rather not.
 *
 * @throws AppError too-early when it was refused and no pre-booking was wanted or possible; what `bookNow` and `order` throw.
 */
export async function bookOrOrder(
  deps: CreateDeps & { readonly bookings: BookingStore },
  caller: DeviceSession,
  wanted: Wanted & { readonly whenTooEarly: 'prebook' | 'refuse' },
  signal: AbortSignal,
): Promise<BookedOrOrdered> {
  const member = await enter(deps, caller, wanted.box, signal);
  const { sought } = await seek(deps, member, wanted, signal);
  const answer = await bookNow(deps, member, sought, signal);
  if (answer.kind !== 'too-early') {
    await noteQuietly(deps.logger, deps.bookings.noteBooked(caller.email, sought, answer, deps.clock.now()));
    return { ...answer, sought };
  }
  if (wanted.whenTooEarly === 'refuse') throw new AppError('too-early', 'Bookings for this class are not open yet.');
  const at = await openingLearned(deps, sought, answer.rule);
  const alike = await orderOfAnotherId(deps, caller, sought);
  if (alike) return { kind: 'prebooked', prebooking: alike };
  const { prebooking } = await order(deps, caller.email, sought, at, await previousOrder(deps, caller, wanted));
  return { kind: 'prebooked', prebooking };
}

const previousOrder = ({ prebookings }: CreateDeps, { email }: DeviceSession, wanted: Wanted) =>
  prebookings.find({ email, id: prebookingId(email, { ...wanted, familyId: wanted.familyId ?? null }) });

/** An unfinished order of the same class, from before its box showed it or under an earlier slot id. */
async function orderOfAnotherId({ orders }: CreateDeps, { email }: DeviceSession, sought: ListedOrder) {
  return (await orders.ofClass(email, sought)).find(isUnfinished);
}

/** Finds the class in the timetable: its name and hour will find it again should its slot id change. */
async function seek(
  deps: CreateDeps,
  member: MemberAtBox,
  { box, day, classId, familyId, whenFull = null }: Wanted,
  signal: AbortSignal,
) {
  const listed = classNamed(await listClasses(deps, member, { box, day, familyId }, signal), classId);
  const { startsAt, endsAt } = hoursOf(listed, day, timezoneOf(deps.boxSettings, box));
  const sought: ListedOrder = {
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
