import { timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import type { DateOutcome } from './date-outcome.ts';
import { type PlanDateDeps, planDate } from './plan-date.ts';
import { nextPlanAfterOpening, occurrences, type Pause, type Problem, type Routine } from './routine.ts';

/** A routine after it was planned. */
export type PlannedRoutine = {
  readonly routine: Routine;
  /** How many of its dates were ordered. */
  readonly ordered: number;
  /** How many dates AimHarder booked or refused at once. */
  readonly finished: number;
  /** What became of the date that the member was last told is blocked; undefined if it is not known. */
  readonly toldDate: DateOutcome['verdict'];
};

/** Plans a routine's next dates, up to the first one whose later dates can wait. */
export async function planRoutine(
  deps: PlanDateDeps,
  email: string,
  routine: Routine,
  pauses: readonly Pause[],
  signal: AbortSignal,
): Promise<PlannedRoutine> {
  const planned = new Map<string, DateOutcome>();
  const timezone = timezoneOf(deps.boxSettings, routine.box);
  for (const occurrence of occurrences(routine, pauses, deps.clock.now(), timezone)) {
    const outcome = await planDate(deps, email, routine, occurrence, signal);
    planned.set(occurrence.day, outcome);
    if (outcome.laterCanWait) break;
  }
  const outcomes = [...planned.values()];
  const count = (wanted: DateOutcome['action']) => outcomes.filter(({ action }) => action === wanted).length;
  return {
    routine: { ...routine, planAt: computeNextPlan(routine, outcomes), problem: firstProblem(outcomes) },
    ordered: count('ordered'),
    finished: count('finished'),
    toldDate: routine.told === null ? undefined : verdictOf(deps, routine, pauses, planned, routine.told.day),
  };
}

/**
 * Finds what became of a day. A day that was not planned is over if it is past, skipped, paused or no longer a date of the
 * routine; otherwise its verdict is not known.
 */
function verdictOf(
  { boxSettings, clock }: PlanDateDeps,
  routine: Routine,
  pauses: readonly Pause[],
  planned: ReadonlyMap<string, DateOutcome>,
  toldDay: string,
): DateOutcome['verdict'] {
  const outcome = planned.get(toldDay);
  if (outcome) return outcome.verdict;
  for (const { day } of occurrences(routine, pauses, clock.now(), timezoneOf(boxSettings, routine.box)))
    if (day >= toldDay) return day === toldDay ? undefined : 'over';
  return 'over';
}

/** Computes when the routine is due again: at the earliest time that any of its dates asks for. */
function computeNextPlan({ id }: Routine, outcomes: readonly DateOutcome[]): Instant | null {
  const times = outcomes.flatMap(({ retryAt, opening }) => [
    ...(retryAt === null ? [] : [retryAt]),
    ...(opening === undefined ? [] : [nextPlanAfterOpening(opening, id)]),
  ]);
  return times.length > 0 ? Math.min(...times) : null;
}

const firstProblem = (outcomes: readonly DateOutcome[]): Problem | null =>
  outcomes.find(({ problem }) => problem !== undefined)?.problem ?? null;
