import { timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import type { DateOutcome } from './date-outcome.ts';
import { type PlanDateDeps, planDate } from './plan-date.ts';
import { nextPlanAfterOpening, occurrences, type Pause, type Problem, type Routine } from './routine.ts';

/** A routine after it was planned, and how many of its dates were ordered. */
export type PlannedRoutine = {
  readonly routine: Routine;
  readonly ordered: number;
  /** How many dates AimHarder booked or refused at once. */
  readonly finished: number;
  /** Whether the class of one of the dates was not seen, because the timetable could not be read. */
  readonly isUnseen: boolean;
};

/** Plans a routine's next dates, up to the first one that can wait. */
export async function planRoutine(
  deps: PlanDateDeps,
  email: string,
  routine: Routine,
  pauses: readonly Pause[],
  signal: AbortSignal,
): Promise<PlannedRoutine> {
  const outcomes: DateOutcome[] = [];
  const count = (wanted: DateOutcome['action']) => outcomes.filter(({ action }) => action === wanted).length;
  const timezone = timezoneOf(deps.boxSettings, routine.box);
  for (const occurrence of occurrences(routine, pauses, deps.clock.now(), timezone)) {
    const outcome = await planDate(deps, email, routine, occurrence, signal);
    outcomes.push(outcome);
    if (outcome.isLast) break;
  }
  return {
    routine: { ...routine, planAt: nextTime(routine, outcomes), problem: firstProblem(outcomes) },
    ordered: count('ordered'),
    finished: count('finished'),
    isUnseen: outcomes.some(({ isUnseen }) => isUnseen),
  };
}

/** Computes when the routine is due again: at the first time that one of its dates asks for. */
function nextTime({ id }: Routine, outcomes: readonly DateOutcome[]): Instant | null {
  const times = outcomes.flatMap(({ retryAt, opening }) => [
    ...(retryAt === null ? [] : [retryAt]),
    ...(opening === undefined ? [] : [nextPlanAfterOpening(opening, id)]),
  ]);
  return times.length > 0 ? Math.min(...times) : null;
}

const firstProblem = (outcomes: readonly DateOutcome[]): Problem | null =>
  outcomes.find(({ problem }) => problem !== undefined)?.problem ?? null;
