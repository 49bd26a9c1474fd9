import { timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import type { DateOutcome } from './date-outcome.ts';
import { type PlanDateDeps, planDate } from './plan-date.ts';
import { nextPlanAfterOpening, occurrences, type Pause, type Problem, type Routine } from './routine.ts';

/** A routine as it is after it was seen to, and what was done for it. */
export type PlannedRoutine = {
  readonly routine: Routine;
  readonly ordered: number;
  /** Booked at once, or refused. */
  readonly settled: number;
};

/** Sees to a routine's coming dates, up to the first whose opening is still to come. */
export async function planRoutine(
  deps: PlanDateDeps,
  email: string,
  routine: Routine,
  pauses: readonly Pause[],
  signal: AbortSignal,
): Promise<PlannedRoutine> {
  const dated: DateOutcome[] = [];
  const count = (what: DateOutcome['action']) => dated.filter(({ action: did }) => did === what).length;
  const timezone = timezoneOf(deps.boxSettings, routine.box);
  for (const occurrence of occurrences(routine, pauses, deps.clock.now(), timezone)) {
    const one = await planDate(deps, email, routine, occurrence, signal);
    dated.push(one);
    if (one.isLast) break;
  }
  return {
    routine: { ...routine, planAt: nextTime(routine, dated), problem: firstProblem(dated) },
    ordered: count('ordered'),
    settled: count('settled'),
  };
}

/** The soonest that anything is to be done. */
function nextTime({ id }: Routine, dated: readonly DateOutcome[]): Instant | null {
  const times = dated.flatMap(({ retryAt: again, opening }) => [
    ...(again === null ? [] : [again]),
    ...(opening === undefined ? [] : [nextPlanAfterOpening(opening, id)]),
  ]);
  return times.length > 0 ? Math.min(...times) : null;
}

const firstProblem = (dated: readonly DateOutcome[]): Problem | null =>
  dated.find(({ problem }) => problem !== undefined)?.problem ?? null;
