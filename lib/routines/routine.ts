import { computeOpening, toInstant } from '../boxes/opening.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { BlockedReason } from '../events/blocked-reason.ts';
import { DAY, type Instant, MINUTE } from '../platform/clock.ts';
import { hashToRange } from '../platform/hash.ts';
import { isSameName } from '../platform/text.ts';
import type { Pending, WantedClass } from '../prebookings/prebooking.ts';

/** What a member wants every week: the class, its first and last day, and how to book it. Days are on the box's calendar. */
export type RoutineSpec = {
  readonly box: string;
  /** 1 is Monday, 7 Sunday (ISO). */
  readonly weekday: number;
  /** `HH:MM` on the box's wall clock. */
  readonly startsAt: string;
  readonly className: string;
  readonly familyId: string | null;
  readonly whenFull: 'waitlist' | 'skip';
  /** The first and the last day, both included: `YYYY-MM-DD`; null for no limit. */
  readonly from: string | null;
  readonly until: string | null;
  /** The opening rule that the member states; null to use the configured or learned one. */
  readonly opening: OpeningRule | null;
  /** Dates on which nothing is booked. */
  readonly skip: readonly string[];
};

export const PROBLEM_CODES = [
  ...BlockedReason.options,
  'login-required',
  'upstream-rejected',
  'upstream-unreachable',
  'upstream-timeout',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Why a date's class is not ordered, or why its firing may not find the class. */
export type Problem = {
  readonly day: string;
  readonly code: ProblemCode;
  readonly detail: string;
  /** Names of that day's classes, for a class name that matches none. */
  readonly suggestions: readonly string[];
  /** Whether the problem may end by itself: the box may hide the class until bookings open. Members are not told of it. */
  readonly isPassing: boolean;
};

/** A problem that the member has been told of. */
export type ToldProblem = Pick<Problem, 'day' | 'suggestions'> & { readonly code: BlockedReason };

export type Routine = RoutineSpec & {
  readonly id: string;
  readonly boxId: string;
  readonly createdAt: Instant;
  /** When the planner next looks at the routine; null if no date is left. */
  readonly planAt: Instant | null;
  readonly problem: Problem | null;
  /** The problem that the member was last told of, until they are told that nothing stands in the way any more. */
  readonly told: ToldProblem | null;
  /** How often the member was told that something stands in the way, or that nothing does. */
  readonly timesTold: number;
};

/** A range of dates, both included, on which one routine books nothing; all routines if `routineId` is null. */
export type Pause = { readonly from: string; readonly until: string; readonly routineId: string | null };

/** All routines and pauses of a member. */
export type Plan = {
  readonly email: string;
  readonly routines: readonly Routine[];
  readonly pauses: readonly Pause[];
  /** Grows with every write. A write names the revision that it replaces. 0 if nothing is stored yet. */
  readonly revision: number;
  /** When the planner next looks at the plan; null if there is nothing to do. */
  readonly planAt: Instant | null;
  /** When the claim of a planner's run ends. */
  readonly claimedUntil: Instant | null;
  /** The id of the member's last change. The planner's writes keep the id, so that a repeated change is recognised. */
  readonly lastChange?: string | undefined;
};

/** One date of a routine: `YYYY-MM-DD` on the box's calendar, and the instant at which the class starts. */
export type Occurrence = { readonly day: string; readonly startsAt: Instant };

/** The most routines and pauses of a member. */
export const MAX_ROUTINES = 20;
export const MAX_PAUSES = 50;
/** The most skipped dates of a routine. */
export const MAX_SKIPPED = 60;

/** How long before its opening a class is ordered at the earliest, in milliseconds: timetables show about two weeks. */
export const ORDERED_AHEAD = 14 * DAY;

/** The last day whose year has four digits. */
const LAST_MIDNIGHT = Date.UTC(9999, 11, 31);
const WEEK = 7 * DAY;

/**
 * Yields the dates of a routine in order, without skipped and paused dates; endlessly if the routine has no last day.
 *
 * @param after the first class starts after this instant.
 * @param timezone the box's time zone.
 */
export function* occurrences(
  {
    id,
    weekday,
    startsAt,
    from,
    until,
    skip,
  }: Pick<Routine, 'id' | 'weekday' | 'startsAt' | 'from' | 'until' | 'skip'>,
  pauses: readonly Pause[],
  after: Instant,
  timezone: string,
): Generator<Occurrence, undefined> {
  const last = until === null ? LAST_MIDNIGHT : toMidnight(until);
  // `after` gives a day in UTC. At the box it may still be the day before, so the search begins a day earlier, and the loop
  // leaves out classes that have started.
  const first = Math.max(toMidnight(toDay(after - DAY)), from === null ? 0 : toMidnight(from));
  let midnight = sameOrNextWeekday(first, weekday);
  while (midnight <= last) {
    const day = toDay(midnight);
    const pause = findPause(pauses, id, day);
    const start = toInstant({ day, time: startsAt }, timezone);
    if (!pause && !skip.includes(day) && start > after) yield { day, startsAt: start };
    midnight = pause ? sameOrNextWeekday(toMidnight(pause.until) + DAY, weekday) : midnight + WEEK;
  }
  return undefined;
}

const findPause = (pauses: readonly Pause[], id: string, day: string): Pause | undefined =>
  pauses.find(({ from, until, routineId }) => from <= day && day <= until && (routineId === null || routineId === id));

// Calendar days have no zone. To count with them, they become instants at midnight UTC.
const toMidnight = (day: string): Instant => Date.parse(`${day}T00:00:00Z`);
const toDay = (instant: Instant): string => new Date(instant).toISOString().slice(0, 10);
const weekdayAt = (midnight: Instant): number => new Date(midnight).getUTCDay() || 7;
const weekdayOf = (day: string): number => weekdayAt(toMidnight(day));
/** Finds the first midnight, this one included, on a weekday. */
const sameOrNextWeekday = (midnight: Instant, weekday: number): Instant =>
  midnight + ((weekday - weekdayAt(midnight) + 7) % 7) * DAY;

type TimezoneOf = (box: string) => string;
type ClassIdentity = Pick<WantedClass, 'box' | 'day' | 'familyId' | 'className' | 'classStartsAt'>;

/** Checks whether a class is the class of a routine, regardless of the routine's first and last day. */
export const isClassOf = (
  { box, weekday, startsAt, className, familyId }: RoutineSpec,
  candidate: ClassIdentity,
  timezoneOf: TimezoneOf,
): boolean =>
  candidate.box === box &&
  weekdayOf(candidate.day) === weekday &&
  candidate.familyId === familyId &&
  isSameName(candidate.className, className) &&
  toInstant({ day: candidate.day, time: startsAt }, timezoneOf(box)) === candidate.classStartsAt;

/** Checks whether two routines are for the same class. A member may have only one routine for a class. */
export const isSameClass = (left: RoutineSpec, right: RoutineSpec): boolean =>
  left.box === right.box &&
  left.weekday === right.weekday &&
  left.startsAt === right.startsAt &&
  left.familyId === right.familyId &&
  isSameName(left.className, right.className);

type OrderedClass = ClassIdentity & Pick<Pending, 'routineId' | 'whenFull' | 'opensAt' | 'createdAt' | 'openingRule'>;

/** Checks whether a routine still wants a class. A pre-booking that the member ordered is always wanted. */
export function isWanted(
  { routines, pauses }: Pick<Plan, 'routines' | 'pauses'>,
  order: OrderedClass,
  timezoneOf: TimezoneOf,
) {
  if (order.routineId === null) return true;
  const routine = routines.find(({ id }) => id === order.routineId);
  return (
    routine !== undefined &&
    isClassOf(routine, order, timezoneOf) &&
    routine.whenFull === order.whenFull &&
    isWithin(routine, order.day) &&
    !routine.skip.includes(order.day) &&
    !findPause(pauses, routine.id, order.day) &&
    agreesOnOpening(routine, order, timezoneOf)
  );
}

/** Checks whether a day is neither before a routine's first day nor after its last one. */
export const isWithin = ({ from, until }: RoutineSpec, day: string): boolean =>
  (from === null || from <= day) && (until === null || day <= until);

/**
 * Checks whether a pre-booking waits for the opening that the member states, or for a later one that AimHarder has named: when it
 * refused a booking request (then the stated opening was already past when the class was ordered), or when it refused the firing's
 * shot (then the pre-booking has an opening rule, which a routine's order does not have otherwise).
 */
function agreesOnOpening(
  { opening, box, startsAt }: RoutineSpec,
  { day, opensAt, createdAt, openingRule }: OrderedClass,
  timezoneOf: TimezoneOf,
) {
  if (opening === null) return true;
  const stated = computeOpening({ day, time: startsAt }, opening, timezoneOf(box));
  const isPostponed = openingRule !== undefined && stated < opensAt;
  return stated === opensAt || stated <= createdAt || isPostponed;
}

/**
 * Computes when a routine is planned again after an opening: 3 to 10 minutes later, spread over the routines. In the first 2
 * minutes, the pre-booking may still be fired.
 */
export function nextPlanAfterOpening(opening: Instant, id: string): Instant {
  return opening + 3 * MINUTE + hashToRange(id, 7 * MINUTE);
}

/** Computes when a plan is due: as soon as one of its routines. */
export function nextPlanAt(routines: readonly Pick<Routine, 'planAt'>[]): Instant | null {
  const times = routines.flatMap(({ planAt }) => (planAt === null ? [] : [planAt]));
  return times.length > 0 ? Math.min(...times) : null;
}

/** Builds the class of one of a routine's dates. Its slot id is not known yet. */
export const wantedClass = (routine: Routine, { day, startsAt }: Occurrence): WantedClass => ({
  ...{ box: routine.box, boxId: routine.boxId, day, classId: null, familyId: routine.familyId },
  ...{ whenFull: routine.whenFull, routineId: routine.id, className: routine.className },
  ...{ classTime: routine.startsAt, classStartsAt: startsAt },
});
