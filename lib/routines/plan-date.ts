import type { RecordedBooking } from '../bookings/booking.ts';
import type { BookingStore } from '../bookings/booking-store.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { type PlaceOrderDeps, placeOrder, recordImmediateOutcome } from '../prebookings/place-order.ts';
import {
  type Ended,
  isUnfinished,
  type ListedClassRef,
  type Prebooking,
  prebookingId,
  slotKey,
  type WantedClass,
} from '../prebookings/prebooking.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import { applyOpeningRule, type ResolveOpeningDeps } from '../prebookings/resolve-opening.ts';
import { bookOrLearnOpening } from './book-or-learn-opening.ts';
import {
  type DateOutcome,
  nothingToDo,
  notYetListed,
  type PlannedDate,
  retryBeforeOpening,
  retryLater,
  unavailable,
} from './date-outcome.ts';
import type { OpeningRules, Timetables } from './planning-cache.ts';
import { isClassOf, type Occurrence, ORDERED_AHEAD, type Routine } from './routine.ts';

export type PlanDateDeps = PlaceOrderDeps &
  ResolveOpeningDeps & {
    readonly prebookingQueries: Pick<PrebookingQueries, 'findByClass'>;
    readonly bookings: Pick<BookingStore, 'list'>;
    readonly timetables: Timetables;
    readonly rules: OpeningRules;
  };

const NO_SUCH_OPENING = 'AimHarder tells an opening that is no earlier than the class. Give opening.';

/**
 * Sees to one date of a routine: orders it, once its opening is known and near; asks AimHarder for it when it may be open
 * already. A class that the member has ordered or booked before, whatever became of it, is left alone.
 */
export async function planDate(
  deps: PlanDateDeps,
  email: string,
  routine: Routine,
  occurrence: Occurrence,
  signal: AbortSignal,
): Promise<DateOutcome> {
  const now = deps.clock.now();
  const wanted = orderOf(routine, occurrence);
  const at = await openingOf(deps, routine, wanted);
  // Where nobody knows the opening, that leaves two dates at the most to ask for.
  const ordersFrom = (at ?? occurrence.startsAt) - ORDERED_AHEAD;
  if (ordersFrom > now) return { isLast: true, retryAt: ordersFrom };
  const earlier = await deps.prebookingQueries.findByClass(email, wanted);
  const standing = earlier.find((one) => one.status !== 'cancelled' || one.cancelledBy === 'member');
  const date: PlannedDate = { email, wanted, earlier, timezone: timezoneOf(deps.boxSettings, wanted.box), now };
  if (standing) return standing.opensAt > now ? waiting(deps, date, standing) : nothingToDo;
  return at !== null && at > now ? orderAhead(deps, date, at) : askNow(deps, routine, date, signal);
}

const orderOf = (routine: Routine, { day, startsAt }: Occurrence): WantedClass => ({
  ...{ box: routine.box, boxId: routine.boxId, day, classId: null, familyId: routine.familyId },
  ...{ whenFull: routine.whenFull, routineId: routine.id, className: routine.className },
  ...{ classTime: routine.startsAt, classStartsAt: startsAt },
});

/** By the member's rule, else the box's. @returns null when there is none that would open it before it starts. */
async function openingOf(deps: PlanDateDeps, { opening, box }: Routine, wanted: WantedClass): Promise<Instant | null> {
  const rule: OpeningRule | null = opening ?? (await deps.rules.of(box));
  const at = rule && applyOpeningRule(deps, rule, wanted);
  return at !== null && at < wanted.classStartsAt ? at : null;
}

/** It is ordered; should the timetable still not show it, that is still so. */
async function waiting(
  deps: PlanDateDeps,
  date: PlannedDate,
  { opensAt, status, classId }: Prebooking,
): Promise<DateOutcome> {
  const unseen = status === 'pending' && classId === null;
  const sought = unseen ? await deps.timetables.find(date.wanted, date.timezone) : undefined;
  return { isLast: true, retryAt: null, opening: opensAt, ...(sought?.kind === 'none' && notYetListed(date)) };
}

async function orderAhead(deps: PlanDateDeps, date: PlannedDate, opening: Instant): Promise<DateOutcome> {
  const { wanted, timezone } = date;
  const sought = await deps.timetables.find(wanted, timezone);
  switch (sought.kind) {
    case 'several':
    case 'cancelled':
      return { ...retryBeforeOpening(date, opening, unavailable(date, sought.kind)), isLast: true };
    case 'listed': {
      const { classId, classEndsAt } = sought;
      return place(deps, date, { ...wanted, classId, classEndsAt }, opening);
    }
    case 'unreadable':
      return place(deps, date, wanted, opening);
    case 'none':
      return { ...notYetListed(date), ...(await place(deps, date, wanted, opening)) };
  }
}

async function place(
  deps: PlanDateDeps,
  date: PlannedDate,
  wanted: WantedClass,
  opening: Instant,
): Promise<DateOutcome> {
  try {
    const { created } = await placeOrder(deps, date.email, wanted, opening, previousOf(date, wanted));
    return { isLast: true, retryAt: null, opening, ...(created && { action: 'ordered' }) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'prebooking-limit') throw error;
    return { ...retryBeforeOpening(date, opening, retryLater(date, 'prebooking-limit', error.message)), isLast: true };
  }
}

/** An order of the same id that a routine has cancelled is replaced. */
const previousOf = ({ email, earlier }: PlannedDate, wanted: WantedClass): Ended | undefined => {
  const id = prebookingId(email, { ...wanted, classId: slotKey(wanted) });
  return earlier.find((one): one is Ended => one.id === id && !isUnfinished(one));
};

async function askNow(
  deps: PlanDateDeps,
  routine: Routine,
  date: PlannedDate,
  signal: AbortSignal,
): Promise<DateOutcome> {
  const { email, wanted, timezone } = date;
  const noted = await deps.bookings.list(email);
  if (noted.some((one) => isBookingOf(one, routine, wanted, timezone))) return nothingToDo;
  const sought = await deps.timetables.find(wanted, timezone);
  switch (sought.kind) {
    case 'unreadable':
      return { isLast: true, ...retryLater(date, 'upstream-unreachable', 'The timetable cannot be read.') };
    case 'none':
    case 'several':
    case 'cancelled':
      return unavailable(date, sought.kind);
    case 'listed': {
      const { classId, classEndsAt } = sought;
      return ask(deps, date, { ...wanted, classId, classEndsAt }, signal);
    }
  }
}

/** Booked at once, and perhaps cancelled since: either way the member has seen to that date. */
const isBookingOf = ({ booked }: RecordedBooking, routine: Routine, { day }: WantedClass, timezone: string): boolean =>
  booked !== null && booked.day === day && isClassOf(routine, booked, () => timezone);

async function ask(
  deps: PlanDateDeps,
  date: PlannedDate,
  wanted: ListedClassRef,
  signal: AbortSignal,
): Promise<DateOutcome> {
  const asked = await bookOrLearnOpening(deps, date.email, wanted, signal);
  if (asked.kind !== 'settled') deps.rules.forget(wanted.box);
  switch (asked.kind) {
    case 'opens':
      if (asked.at >= wanted.classStartsAt)
        return { isLast: true, ...retryLater(date, 'opening-unknown', NO_SUCH_OPENING) };
      return place(deps, date, wanted, asked.at);
    case 'settled':
      await recordImmediateOutcome(deps, date.email, wanted, asked, previousOf(date, wanted));
      return { ...nothingToDo, action: 'settled' };
    case 'problem':
      return { isLast: true, ...retryLater(date, asked.code, asked.detail) };
  }
}
