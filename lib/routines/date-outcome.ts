import { HOUR, type Instant, MINUTE } from '../platform/clock.ts';
import type { WantedClass } from '../prebookings/prebooking.ts';
import type { FoundClass, GoneClass } from './planning-cache.ts';
import type { Problem, ProblemCode } from './routine.ts';

/** One date of a routine while it is planned. */
export type PlannedDate = {
  readonly email: string;
  readonly wanted: WantedClass;
  readonly timezone: string;
  readonly now: Instant;
  /**
   * A guess of the opening, by the longest rule of the box's members. There is a guess only if neither the routine nor the member
   * has a known rule. It is null also if no member of the box has a known rule, or if the longest rule gives an opening that is
   * past, or not before the class starts.
   */
  readonly guess: Instant | null;
};

/** The planner's result for one date of a routine. */
export type DateOutcome = {
  /** Whether this run leaves the routine's later dates to a later run. */
  readonly laterCanWait: boolean;
  /** When the date must be planned again; null if never, or only after its `opening`. */
  readonly retryAt: Instant | null;
  /** The opening that the date's pre-booking waits for. Minutes after it, the routine is planned again (`computeNextPlan`). */
  readonly opening?: Instant;
  readonly problem?: Problem;
  /**
   * `clear`: the timetable shows the class, which is ordered or booked. `over`: the planner has nothing left to do about the
   * date. Absent if the date has a problem, or if its class was not seen.
   */
  readonly verdict?: 'clear' | 'over';
  /** `ordered`: a pre-booking was made. `finished`: AimHarder booked or refused the class at once. */
  readonly action?: 'ordered' | 'finished';
};

/** How long until a date with a problem is retried, in milliseconds: longer if the box or the member has to solve the problem. */
const RETRY_AFTER: Readonly<Record<ProblemCode, number>> = {
  'class-not-found': 6 * HOUR,
  'class-ambiguous': 6 * HOUR,
  'class-cancelled': 6 * HOUR,
  'class-moved': 6 * HOUR,
  'opening-unknown': 6 * HOUR,
  'box-not-found': 6 * HOUR,
  'prebooking-limit': HOUR,
  'login-required': HOUR,
  'upstream-rejected': 5 * MINUTE,
  'upstream-unreachable': 5 * MINUTE,
  'upstream-timeout': 5 * MINUTE,
};

/** When a date or a routine is planned again after an unexpected error, in milliseconds. */
export const RETRY_AFTER_ERROR = 5 * MINUTE;

/**
 * Builds the outcome of a date about which the member may have decided in an item that cannot be decoded. The member is not told:
 * no problem code says so, and only the operator, who finds the error in the log, can mend the item.
 */
export const retryUnreadable = (now: Instant): DateOutcome => ({
  laterCanWait: false,
  retryAt: now + RETRY_AFTER_ERROR,
});

/** The outcome of a date that the planner has finished with. */
export const nothingToDo: DateOutcome = { laterCanWait: false, retryAt: null, verdict: 'over' };

/**
 * Makes the retry earlier, because the problem may be gone before the opening: at the latest, it comes after half the time until
 * the opening. If that is less than 5 minutes, it comes after 5 minutes at the latest, even if the class opens before.
 */
export const retrySooner = <Outcome extends { readonly retryAt: Instant | null }>(
  { now }: PlannedDate,
  opening: Instant,
  outcome: Outcome,
) => {
  const latestRetry = now + Math.max(5 * MINUTE, (opening - now) / 2);
  return { ...outcome, retryAt: Math.min(outcome.retryAt ?? opening, latestRetry) };
};

/** Builds the problem of a date that fails with a code, and the time at which the date is planned again. */
export const retryLater = (date: PlannedDate, code: ProblemCode, detail: string) => ({
  retryAt: date.now + RETRY_AFTER[code],
  problem: newProblem(date.wanted.day, code, detail),
});

/** The codes and details of the problems, by what the timetable shows of the class (`NotListed`). */
const CODES = {
  gone: 'class-not-found',
  ambiguous: 'class-ambiguous',
  cancelled: 'class-cancelled',
  moved: 'class-moved',
  unreadable: 'upstream-unreachable',
} as const;
const DETAILS = {
  gone: 'The timetable does not show the class. If the box hides its classes until bookings open, set `opening` yourself.',
  ambiguous: 'The timetable shows more than one such class at that time, so none was ordered.',
  cancelled: 'The box has cancelled the class.',
  moved: 'The box has moved the class to another hour. Change the routine if you want it then.',
  unreadable: 'We could not read the timetable.',
} as const;

/** What the timetable shows of a class instead of one live row. A `gone` or `unreadable` class can be ordered all the same. */
type NotListed = Exclude<FoundClass, { readonly kind: 'listed' }>;

/** Builds the problem of a date whose class is not listed. */
export const problemOf = (day: string, found: NotListed): Problem => ({
  ...newProblem(day, CODES[found.kind], DETAILS[found.kind]),
  ...(found.kind === 'gone' && { suggestions: found.suggestions, isPassing: found.mayBeHidden }),
});

/** Builds the outcome of a date whose class is not listed, with its problem. Later dates may have none, so they do not wait. */
export const reportNotListed = (date: PlannedDate, found: NotListed): DateOutcome => ({
  laterCanWait: false,
  retryAt: date.now + RETRY_AFTER[CODES[found.kind]],
  problem: problemOf(date.wanted.day, found),
});

const newProblem = (day: string, code: ProblemCode, detail: string): Problem => ({
  day,
  code,
  detail,
  suggestions: [],
  isPassing: false,
});

/** Builds the problem of a date whose class is ordered although it is gone from the timetable. The firing looks for it again. */
export const reportNotYetListed = (date: PlannedDate, found: GoneClass) => ({
  problem: {
    ...problemOf(date.wanted.day, found),
    detail: 'The class is not in the timetable yet. We look for it again when bookings open.',
  },
});
