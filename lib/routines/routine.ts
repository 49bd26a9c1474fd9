import { computeOpening, toInstant } from '../boxes/opening.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { DAY, type Instant, MINUTE } from '../platform/clock.ts';
import { hashToRange } from '../platform/hash.ts';
import { sameName } from '../platform/text.ts';
import type { Pending, WantedClass } from '../prebookings/prebooking.ts';

/** What a member wants every week: the class, from when until when, and how it is to be booked. Days are of the box's calendar. */
export type RoutineSpec = {
  readonly box: string;
  /** 1 is Monday, 7 Sunday (ISO). */
  readonly weekday: number;
  /** `HH:MM` on the box's wall clock. */
  readonly startsAt: string;
  readonly className: string;
  readonly familyId: string | null;
  readonly whenFull: 'waitlist' | 'skip';
  /** `YYYY-MM-DD`, the first and the last day, both included. */
  readonly from: string | null;
  readonly until: string | null;
  /** The box's opening rule, as the member knows it. */
  readonly opening: OpeningRule | null;
  /** Dates left out. */
  readonly skip: readonly string[];
};

export const PROBLEM_CODES = [
  'class-not-found',
  'class-ambiguous',
  'class-cancelled',
  'opening-unknown',
  'prebooking-limit',
  'login-required',
  'box-not-found',
  'upstream-rejected',
  'upstream-unreachable',
  'upstream-timeout',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Why a date is not ordered, or may not be had. */
export type Problem = { readonly day: string; readonly code: ProblemCode; readonly detail: string };

export type Routine = RoutineSpec & {
  readonly id: string;
  readonly boxId: string;
  readonly createdAt: Instant;
  /** When its next order is to be seen to; null when no date is left. */
  readonly planAt: Instant | null;
  readonly problem: Problem | null;
};

/** Dates of classes, both included, on which nothing is booked: of one routine, or of all. */
export type Pause = { readonly from: string; readonly until: string; readonly routineId: string | null };

/** All of a member's routines and pauses: one item, so that each change is one write. */
export type Plan = {
  readonly email: string;
  readonly routines: readonly Routine[];
  readonly pauses: readonly Pause[];
  /** Raised by every write, which states the one it saw; 0 when nothing is stored yet. */
  readonly revision: number;
  /** When the planner is to look at it; null when there is nothing to do. */
  readonly planAt: Instant | null;
  /** Until then a planner is at work on it. */
  readonly claimedUntil: Instant | null;
};

export type Occurrence = { readonly day: string; readonly startsAt: Instant };

export const MAX_ROUTINES = 20;
export const MAX_PAUSES = 50;
export const MAX_SKIPPED = 60;

/** An order is made no earlier than this before its opening; the timetable shows little more. */
export const ORDERED_AHEAD = 14 * DAY;

const LAST_DAY = Date.UTC(9999, 11, 31);
const WEEK = 7 * DAY;

/**
 * The dates of a routine whose class is still to start, in their order, without those skipped or paused. It may have no end.
 *
 * @param timezone of the box.
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
  const last = until === null ? LAST_DAY : dateOf(until);
  // The box's own day may be the one before: a class that has started is left out all the same.
  const first = Math.max(dateOf(dayOf(after - DAY)), from === null ? 0 : dateOf(from));
  let date = sameOrNext(first, weekday);
  while (date <= last) {
    const day = dayOf(date);
    const pause = pauseOf(pauses, id, day);
    const start = toInstant({ day, time: startsAt }, timezone);
    if (!pause && !skip.includes(day) && start > after) yield { day, startsAt: start };
    date = pause ? sameOrNext(dateOf(pause.until) + DAY, weekday) : date + WEEK;
  }
  return undefined;
}

const pauseOf = (pauses: readonly Pause[], id: string, day: string): Pause | undefined =>
  pauses.find(({ from, until, routineId }) => from <= day && day <= until && (routineId === null || routineId === id));

/** Days of the calendar, as instants of UTC: they have no zone. */
const dateOf = (day: string): Instant => Date.parse(`${day}T00:00:00Z`);
const dayOf = (instant: Instant): string => new Date(instant).toISOString().slice(0, 10);
const weekdayOf = (day: string): number => new Date(dateOf(day)).getUTCDay() || 7;
const sameOrNext = (date: Instant, weekday: number): Instant =>
  date + ((weekday - weekdayOf(dayOf(Math.min(date, LAST_DAY))) + 7) % 7) * DAY;

type TimezoneOf = (box: string) => string;
type ClassOf = Pick<WantedClass, 'box' | 'day' | 'familyId' | 'className' | 'classStartsAt'>;

/** Whether a class is that of a routine, whatever its dates. */
export const isClassOf = (
  { box, weekday, startsAt, className, familyId }: RoutineSpec,
  one: ClassOf,
  timezoneOf: TimezoneOf,
): boolean =>
  one.box === box &&
  weekdayOf(one.day) === weekday &&
  one.familyId === familyId &&
  sameName(one.className, className) &&
  toInstant({ day: one.day, time: startsAt }, timezoneOf(box)) === one.classStartsAt;

/** Two routines for one class would be one too many. */
export const isSameClass = (one: RoutineSpec, other: RoutineSpec): boolean =>
  one.box === other.box &&
  one.weekday === other.weekday &&
  one.startsAt === other.startsAt &&
  one.familyId === other.familyId &&
  sameName(one.className, other.className);

type Ordered = ClassOf & Pick<Pending, 'routineId' | 'whenFull' | 'opensAt' | 'createdAt'>;

/** Whether the routine that ordered a class still wants it so. An order of the member's own is no routine's business. */
export function isWanted(
  { routines, pauses }: Pick<Plan, 'routines' | 'pauses'>,
  one: Ordered,
  timezoneOf: TimezoneOf,
) {
  if (one.routineId === null) return true;
  const routine = routines.find(({ id }) => id === one.routineId);
  return (
    routine !== undefined &&
    isClassOf(routine, one, timezoneOf) &&
    routine.whenFull === one.whenFull &&
    isWithin(routine, one.day) &&
    !routine.skip.includes(one.day) &&
    !pauseOf(pauses, routine.id, one.day) &&
    opensAsTold(routine, one, timezoneOf)
  );
}

const isWithin = ({ from, until }: RoutineSpec, day: string): boolean =>
  (from === null || from <= day) && (until === null || day <= until);

/**
 * An opening that the member told has to be the order's, unless it had passed when the order was made: then AimHarder was
 * asked, and told another.
 */
function opensAsTold(
  { opening, box, startsAt }: RoutineSpec,
  { day, opensAt: at, createdAt }: Ordered,
  timezoneOf: TimezoneOf,
) {
  if (opening === null) return true;
  const told = computeOpening({ day, time: startsAt }, opening, timezoneOf(box));
  return told === at || told <= createdAt;
}

/** When a routine is seen to again, after an opening: those of one opening not all at once. */
export function nextPlanAfterOpening(opening: Instant, id: string): Instant {
  return opening + 3 * MINUTE + hashToRange(id, 7 * MINUTE);
}

/** When a plan is looked at again. */
export function nextPlanAt(routines: readonly Pick<Routine, 'planAt'>[]): Instant | null {
  const times = routines.flatMap(({ planAt }) => (planAt === null ? [] : [planAt]));
  return times.length > 0 ? Math.min(...times) : null;
}
