import { HOUR, type Instant, MINUTE } from '../platform/clock.ts';
import type { Prebooking, WantedClass } from '../prebookings/prebooking.ts';
import type { Problem, ProblemCode } from './routine.ts';

/** One date of a routine that is being seen to. */
export type PlannedDate = {
  readonly email: string;
  readonly wanted: WantedClass;
  /** What became of the member's earlier orders of that class. */
  readonly earlier: readonly Prebooking[];
  readonly timezone: string;
  readonly now: Instant;
};

/** What became of one date of a routine. */
export type DateOutcome = {
  /** Whether the dates after it are none of today's business. */
  readonly isLast: boolean;
  /** When it, or what comes after it, is to be seen to again; null when that needs no time of its own. */
  readonly retryAt: Instant | null;
  /** The opening its order waits for. */
  readonly opening?: Instant;
  readonly problem?: Problem;
  readonly action?: 'ordered' | 'settled';
};

/** How long until a date with a problem is tried again: longer where the box or the member has to put it right. */
const AGAIN: Readonly<Record<ProblemCode, number>> = {
  'class-not-found': 6 * HOUR,
  'class-ambiguous': 6 * HOUR,
  'class-cancelled': 6 * HOUR,
  'opening-unknown': 6 * HOUR,
  'box-not-found': 6 * HOUR,
  'prebooking-limit': HOUR,
  'login-required': HOUR,
  'upstream-rejected': 5 * MINUTE,
  'upstream-unreachable': 5 * MINUTE,
  'upstream-timeout': 5 * MINUTE,
};

export const nothingToDo: DateOutcome = { isLast: false, retryAt: null };

/** What is in the way may be gone by then: tried again at least once before the opening, if that is not very near. */
export const retryBeforeOpening = <Stuck extends { readonly retryAt: Instant | null }>(
  { now }: PlannedDate,
  opening: Instant,
  stuckAt: Stuck,
) => ({ ...stuckAt, retryAt: Math.min(stuckAt.retryAt ?? opening, now + Math.max(5 * MINUTE, (opening - now) / 2)) });

/** A date that cannot be had now. */
export const retryLater = (date: PlannedDate, code: ProblemCode, detail: string) => ({
  retryAt: date.now + AGAIN[code],
  problem: problem(date, code, detail),
});

/** What the timetable may have against a class, as a problem. */
const CODES = { none: 'class-not-found', several: 'class-ambiguous', cancelled: 'class-cancelled' } as const;
const IN_THE_WAY = {
  none: 'The timetable does not show it. Should the box hide its classes until they open, give opening.',
  several: 'The timetable shows more than one such class at that hour, so none was ordered.',
  cancelled: 'The box has cancelled it.',
} as const;

/** A date whose class cannot be told, or does not take place; later ones may. */
export const unavailable = (date: PlannedDate, kind: keyof typeof CODES): DateOutcome => ({
  isLast: false,
  ...retryLater(date, CODES[kind], IN_THE_WAY[kind]),
});

const problem = ({ wanted }: PlannedDate, code: ProblemCode, detail: string): Problem => ({
  day: wanted.day,
  code,
  detail,
});

/** Ordered without its slot id: the firing looks for it again. */
export const notYetListed = (date: PlannedDate) => ({
  problem: problem(date, 'class-not-found', 'It is not in the timetable yet; it is looked for again at the opening.'),
});
