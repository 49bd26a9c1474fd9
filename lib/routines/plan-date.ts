import type { OpeningRule } from '../boxes/opening-rule.ts';
import { timezoneOf } from '../boxes/settings.ts';
import { DAY, type Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { applyOpeningRule, type FindOpeningDeps, isTemporaryRefusal, ruleHolder } from '../prebookings/find-opening.ts';
import { type PlaceOrderDeps, placeOrder } from '../prebookings/place-order.ts';
import type { ListedClassRef, WantedClass } from '../prebookings/prebooking.ts';
import { bookOrLearnOpening } from './book-or-learn-opening.ts';
import {
  type DateOutcome,
  nothingToDo,
  type PlannedDate,
  RETRY_AFTER_ERROR,
  reportNotListed,
  reportNotYetListed,
  retryLater,
  retrySooner,
  retryUnreadable,
} from './date-outcome.ts';
import {
  type BookingRecords,
  type EarlierDecisionsDeps,
  findEarlierOrder,
  findOrderWithSameId,
  readBookingRecords,
  wasBookedAtOnce,
} from './earlier-decisions.ts';
import type { OpeningRules, Timetables } from './planning-cache.ts';
import { type RecordOutcomeDeps, recordOutcome } from './record-outcome.ts';
import { reportExisting } from './report-existing.ts';
import { type Occurrence, ORDERED_AHEAD, type Routine, wantedClass } from './routine.ts';

export type PlanDateDeps = PlaceOrderDeps &
  FindOpeningDeps &
  EarlierDecisionsDeps &
  RecordOutcomeDeps & {
    readonly timetables: Timetables;
    readonly rules: OpeningRules;
  };

const OPENS_TOO_LATE = 'AimHarder reports an opening after the class starts. Set `opening` yourself.';

/** How near a guessed opening must be for an order, if AimHarder cannot be asked, in milliseconds. */
const GUESS_AHEAD = DAY;

/**
 * Plans one date of a routine. Orders the class when its opening is known and near, or asks AimHarder to book it if it may
 * already be open. Does nothing if the member has ever ordered or booked the class, even if they have cancelled it. Two kinds of
 * pre-bookings do not count: one that a routine has cancelled, and a routine's under another hour or name that has failed and has
 * certainly sent no booking request.
 *
 * If a pre-booking that may be of the class cannot be decoded, does nothing and tries again after minutes. A record of a booking that
 * cannot be decoded prevents only the booking of a class that may already be open.
 */
export async function planDate(
  deps: PlanDateDeps,
  email: string,
  routine: Routine,
  occurrence: Occurrence,
  signal: AbortSignal,
): Promise<DateOutcome> {
  const now = deps.clock.now();
  const wanted = wantedClass(routine, occurrence);
  const { opening, guess } = await findOpening(deps, email, routine, wanted);
  // If the opening cannot even be guessed, the start counts instead: AimHarder is asked about the dates of the next two weeks.
  const ordersFrom = (opening ?? guess ?? occurrence.startsAt) - ORDERED_AHEAD;
  if (ordersFrom > now) return { laterCanWait: true, retryAt: ordersFrom };
  const earlier = await findEarlierOrder(deps, email, wanted);
  if (!earlier) return retryUnreadable(now);
  const timezone = timezoneOf(deps.boxSettings, wanted.box);
  const date: PlannedDate = {
    email,
    wanted,
    timezone,
    now,
    guess: guess !== null && guess > now ? guess : null,
  };
  if (earlier.existing) return reportExisting(deps, date, earlier.existing);
  const isAhead = opening !== null && opening > now;
  return isAhead ? orderAhead(deps, date, opening) : bookNow(deps, routine, date, signal);
}

/**
 * Computes the opening by the rule that the routine states, or else by the configured or learned one. Without any, guesses it
 * by the longest rule of the box's members. A rule that opens the class after it starts gives null.
 */
async function findOpening(
  deps: PlanDateDeps,
  email: string,
  { opening, box }: Routine,
  wanted: WantedClass,
): Promise<Readonly<Record<'opening' | 'guess', Instant | null>>> {
  const openingBy = (rule: OpeningRule | null) => {
    const at = rule && applyOpeningRule(deps, rule, wanted);
    return at !== null && at < wanted.classStartsAt ? at : null;
  };
  const rule = opening ?? (await deps.rules.get(ruleHolder(email, wanted)));
  return { opening: openingBy(rule), guess: rule ? null : openingBy(await deps.rules.findLongest(box)) };
}

/** Orders a class before its opening, unless the timetable shows that it cannot be booked. */
async function orderAhead(deps: PlanDateDeps, date: PlannedDate, opening: Instant): Promise<DateOutcome> {
  const { wanted, timezone } = date;
  const found = await deps.timetables.find(wanted, timezone);
  switch (found.kind) {
    case 'ambiguous':
    case 'cancelled':
    case 'moved':
      return { ...retrySooner(date, opening, reportNotListed(date, found)), laterCanWait: true };
    case 'listed': {
      const { classId, classEndsAt } = found;
      return tryOrder(deps, date, { ...wanted, classId, classEndsAt }, opening, { verdict: 'clear' });
    }
    case 'unreadable':
      return tryOrder(deps, date, wanted, opening);
    case 'gone':
      return tryOrder(deps, date, wanted, opening, reportNotYetListed(date, found));
  }
}

/**
 * Orders the class, unless an earlier pre-booking prevents that, or the member is at the limit of pending pre-bookings. If the order
 * of another class has the id, the date is planned again at the opening, and AimHarder is then asked to book the class (`bookNow`).
 *
 * @param seen what the timetable says about the class that is now ordered.
 */
async function tryOrder(
  deps: PlanDateDeps,
  date: PlannedDate,
  wanted: WantedClass,
  opening: Instant,
  seen?: Pick<DateOutcome, 'problem' | 'verdict'>,
): Promise<DateOutcome> {
  const earlier = await findOrderWithSameId(deps, date.email, wanted);
  if (!earlier) return retryUnreadable(date.now);
  if (earlier.existing) return reportExisting(deps, date, earlier.existing);
  if (earlier.isIdTaken) return { laterCanWait: true, retryAt: opening };
  try {
    const { isNew } = await placeOrder(deps, date.email, wanted, opening, earlier.replaceable);
    // Another request has just ordered the class, and may have cancelled it again.
    if (!isNew) return { laterCanWait: true, retryAt: date.now + RETRY_AFTER_ERROR };
    return { laterCanWait: true, retryAt: null, opening, action: 'ordered', ...seen };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'prebooking-limit') throw error;
    return { ...retrySooner(date, opening, retryLater(date, 'prebooking-limit', error.message)), laterCanWait: true };
  }
}

/** Books a class that may already be open, unless the member has booked it before, or may have. */
async function bookNow(
  deps: PlanDateDeps,
  routine: Routine,
  date: PlannedDate,
  signal: AbortSignal,
): Promise<DateOutcome> {
  const { wanted, timezone } = date;
  const records = await readBookingRecords(deps, date.email);
  const decided = decideByRecords(records, routine, date);
  if (decided) return decided;
  const found = await deps.timetables.find(wanted, timezone);
  const cannotAsk = found.kind === 'unreadable' || found.kind === 'gone';
  if (cannotAsk && isGuessNear(date)) return orderAhead(deps, date, date.guess);
  switch (found.kind) {
    case 'unreadable':
      return { ...reportNotListed(date, found), laterCanWait: true };
    case 'gone':
    case 'ambiguous':
    case 'cancelled':
    case 'moved':
      return reportNotListed(date, found);
    case 'listed': {
      const { classId, classEndsAt } = found;
      const listed = { ...wanted, classId, classEndsAt };
      // Only now is the slot id known, by which a booking is found whose class the box has moved or renamed.
      const decidedBySlot = decideByRecords(records, routine, { ...date, wanted: listed });
      return decidedBySlot ?? requestBooking(deps, date, listed, signal);
    }
  }
}

/** Builds the outcome of a date whose class the member has booked at once before, or may have; undefined for any other date. */
function decideByRecords(records: BookingRecords, routine: Routine, date: PlannedDate): DateOutcome | undefined {
  const wasBooked = wasBookedAtOnce(records, routine, date);
  if (wasBooked === undefined) return retryUnreadable(date.now);
  return wasBooked ? nothingToDo : undefined;
}

/** Checks whether the guessed opening is near. If it is not, the planner asks AimHarder again at each retry. */
const isGuessNear = (date: PlannedDate): date is PlannedDate & { readonly guess: Instant } =>
  date.guess !== null && date.guess <= date.now + GUESS_AHEAD;

/** These problems mean that the service has not asked AimHarder, or that AimHarder has given no usable answer. */
const UNASKED: readonly string[] = ['login-required', 'upstream-rejected', 'upstream-unreachable', 'upstream-timeout'];

/**
 * Asks AimHarder to book a class that may already be open, unless an earlier pre-booking prevents that. Orders the class instead
 * if it is not open yet, or perhaps not.
 */
async function requestBooking(
  deps: PlanDateDeps,
  date: PlannedDate,
  wanted: ListedClassRef,
  signal: AbortSignal,
): Promise<DateOutcome> {
  const earlier = await findOrderWithSameId(deps, date.email, wanted);
  if (!earlier) return retryUnreadable(date.now);
  if (earlier.existing) return reportExisting(deps, date, earlier.existing);
  const attempt = await bookOrLearnOpening(deps, date.email, wanted, signal);
  // The refusal may have taught a rule, which the cache does not have.
  if (attempt.kind !== 'final') deps.rules.forget(ruleHolder(date.email, wanted));
  if (attempt.kind === 'problem' && UNASKED.includes(attempt.code) && isGuessNear(date))
    return orderAhead(deps, date, date.guess);
  const mayNotBeOpen =
    attempt.kind === 'perhaps-too-early' || (attempt.kind === 'final' && isTemporaryRefusal(attempt.outcome));
  if (mayNotBeOpen && date.guess !== null) return orderAhead(deps, date, date.guess);
  switch (attempt.kind) {
    case 'opens':
      if (attempt.at >= wanted.classStartsAt)
        return { laterCanWait: true, ...retryLater(date, 'opening-unknown', OPENS_TOO_LATE) };
      return tryOrder(deps, date, wanted, attempt.at, { verdict: 'clear' });
    case 'final': {
      await recordOutcome(deps, date, wanted, attempt, earlier.replaceable);
      const hasPlace = attempt.outcome === 'booked' || attempt.outcome === 'waitlisted';
      return { ...nothingToDo, ...(hasPlace && { verdict: 'clear' }), action: 'finished' };
    }
    case 'perhaps-too-early':
      return { laterCanWait: true, ...retryLater(date, 'opening-unknown', attempt.detail) };
    case 'problem':
      return { laterCanWait: true, ...retryLater(date, attempt.code, attempt.detail) };
  }
}
