import { type Instant, MINUTE } from '../platform/clock.ts';
import type { Measure } from '../platform/metrics.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import { cancelUnwanted } from './cancel-unwanted.ts';
import type { PlanDateDeps } from './plan-date.ts';
import { SHARDS } from './plan-record.ts';
import { type PlannedRoutine, planRoutine } from './plan-routine.ts';
import type { PlanStore } from './plan-store.ts';
import { openingRules, timetables } from './planning-cache.ts';
import { nextPlanAt, type Plan, type Routine } from './routine.ts';

export type PlanRoutinesDeps = Omit<PlanDateDeps, 'timetables' | 'rules'> & {
  readonly plans: PlanStore;
  readonly prebookingQueries: PrebookingQueries;
  /** Members planned for at the same time. */
  readonly concurrency: number;
  readonly measure: Measure;
};

/**
 * Of members: `changed` wrote at the same time, and are due again; `busy` are with another planner; `left` the time was up.
 * The others are of routines and orders.
 */
export type PlanCounts = Record<
  'planned' | 'changed' | 'busy' | 'failed' | 'left' | 'routines' | 'ordered' | 'settled' | 'cancelled' | 'problems',
  number
>;

/** Longer than a planner lives: one that died keeps nobody from their turn for long. */
const CLAIM = 2 * MINUTE;

/** A routine that failed for no reason anybody foresaw is tried again after this. */
const AFTER_FAILURE = 5 * MINUTE;

/**
 * Orders the coming classes of all routines that are due, and cancels what no routine wants any more. Each member stands
 * alone. Running it twice, or again after a crash, orders nothing twice: what is ordered already is seen before.
 *
 * @param lastStart on the monotonic clock: no member is begun after it; those left are due a minute later.
 */
export async function planRoutines(
  deps: PlanRoutinesDeps,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<PlanCounts> {
  const counts: PlanCounts = {
    ...{ planned: 0, changed: 0, busy: 0, failed: 0, left: 0 },
    ...{ routines: 0, ordered: 0, settled: 0, cancelled: 0, problems: 0 },
  };
  const run = { ...deps, timetables: timetables(deps, signal), rules: openingRules(deps) };
  const members = membersDue(deps);
  const worker = async (): Promise<void> => {
    for await (const email of members) {
      if (deps.clock.monotonic() > lastStart) counts.left += 1;
      else await planQuietly(run, email, counts, signal);
    }
  };
  await Promise.all(Array.from({ length: deps.concurrency }, worker));
  deps.logger.info('routines-planned', counts);
  deps.measure({
    RoutinesPlanned: counts.routines,
    RoutinesOrdered: counts.ordered,
    PlansFailed: counts.failed,
    PlansLeft: counts.left,
  });
  return counts;
}

async function* membersDue({ plans, clock }: PlanRoutinesDeps): AsyncGenerator<string, undefined> {
  const now = clock.now();
  for (let shard = 0; shard < SHARDS; shard += 1) yield* plans.due(shard, now);
  return undefined;
}

type Run = PlanRoutinesDeps & PlanDateDeps;

async function planQuietly(run: Run, email: string, counts: PlanCounts, signal: AbortSignal): Promise<void> {
  try {
    counts[await planMember(run, email, counts, signal)] += 1;
  } catch (error) {
    counts.failed += 1;
    run.logger.error('unexpected-error', error, { during: 'plan-routines' });
  }
}

async function planMember(
  run: Run,
  email: string,
  counts: PlanCounts,
  signal: AbortSignal,
): Promise<'planned' | 'changed' | 'busy'> {
  const { plans, clock } = run;
  const now = clock.now();
  const seen = await plans.find(email);
  if (seen.planAt === null || seen.planAt > now) return 'changed';
  if (seen.claimedUntil !== null && seen.claimedUntil > now) return 'busy';
  const plan = await plans.claim(seen, now + CLAIM);
  if (!plan) return 'changed';
  counts.cancelled += await cancelUnwanted(run, plan);
  const routines: Routine[] = [];
  // One after the other: they share the member's session.
  for (const routine of plan.routines) {
    const planned = isDue(routine, now) ? await planOne(run, plan, routine, signal) : undefined;
    routines.push(planned?.routine ?? routine);
    counts.routines += planned ? 1 : 0;
    counts.ordered += planned?.ordered ?? 0;
    counts.settled += planned?.settled ?? 0;
    counts.problems += planned?.routine.problem ? 1 : 0;
  }
  // A member who changed the plan meanwhile has made it due again: what this run got wrong is then put right.
  return (await plans.put({ ...plan, routines, planAt: nextPlanAt(routines) })) ? 'planned' : 'changed';
}

const isDue = ({ planAt }: Routine, now: Instant): boolean => planAt !== null && planAt <= now;

/** One routine's failure keeps no other of the member's from its turn. */
async function planOne(run: Run, plan: Plan, routine: Routine, signal: AbortSignal): Promise<PlannedRoutine> {
  try {
    return await planRoutine(run, plan.email, routine, plan.pauses, signal);
  } catch (error) {
    signal.throwIfAborted();
    run.logger.error('unexpected-error', error, { during: 'plan-routines', routine: routine.id });
    return { routine: { ...routine, planAt: run.clock.now() + AFTER_FAILURE }, ordered: 0, settled: 0 };
  }
}
