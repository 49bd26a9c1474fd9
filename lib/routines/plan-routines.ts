import type { Publish } from '../events/event-bus.ts';
import { type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Measure } from '../platform/metrics.ts';
import { withOptimisticLock } from '../platform/optimistic-lock.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import { cancelUnwanted } from './cancel-unwanted.ts';
import { RETRY_AFTER_ERROR } from './date-outcome.ts';
import type { PlanDateDeps } from './plan-date.ts';
import { SHARDS } from './plan-record.ts';
import { type PlannedRoutine, planRoutine } from './plan-routine.ts';
import type { PlanStore } from './plan-store.ts';
import { OpeningRules, Timetables } from './planning-cache.ts';
import { nextPlanAt, type Plan, type Routine } from './routine.ts';
import { tellProblem } from './tell-problem.ts';

export type PlanRoutinesDeps = Omit<PlanDateDeps, 'timetables' | 'rules'> & {
  readonly plans: Pick<PlanStore, 'findDue' | 'find' | 'claim' | 'put'>;
  readonly prebookingQueries: PrebookingQueries;
  /** How many members are planned at the same time. */
  readonly concurrency: number;
  readonly measure: Measure;
  readonly publish: Publish;
};

/**
 * The first five count members. `planned`: as many due routines were planned as there was time for. `changed`: another write
 * changed the plan meanwhile; if the plan is still due, the next run plans it. `busy`: another planner has claimed the plan.
 * `failed`: an unexpected error. `left`: the run had no time left, and the next run plans the member. Of the others, `routines`
 * and `problems` count routines, `ordered` and `finished` dates, and `cancelled` pre-bookings.
 */
export type PlanCounts = Record<
  'planned' | 'changed' | 'busy' | 'failed' | 'left' | 'routines' | 'ordered' | 'finished' | 'cancelled' | 'problems',
  number
>;

/** How long a planner claims a plan, in milliseconds: longer than a run takes, but short, because a planner may die. */
const CLAIM_TTL = 2 * MINUTE;

/**
 * How long after the claim of a member's plan a run still starts to plan routines of it, in milliseconds. A routine that has
 * begun may take longer: each date may take 8 s, because AimHarder is asked and the timetable is read. The routines that are left
 * stay due, and the next run plans them.
 */
const MEMBER_TIME = 25 * SECOND;

/**
 * Orders the next classes of all due routines, and cancels pre-bookings that no routine wants any more. The failure of one member
 * affects no other. A second run, or one after a crash, orders nothing twice.
 *
 * @param lastStart an instant on the monotonic clock. After it, no member is started; the next run plans the members that are left.
 */
export async function planRoutines(
  deps: PlanRoutinesDeps,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<PlanCounts> {
  const counts: PlanCounts = {
    ...{ planned: 0, changed: 0, busy: 0, failed: 0, left: 0 },
    ...{ routines: 0, ordered: 0, finished: 0, cancelled: 0, problems: 0 },
  };
  const run = { ...deps, timetables: new Timetables(deps, signal), rules: new OpeningRules(deps) };
  // All workers take the next member from this one generator.
  const members = findDueMembers(deps);
  const worker = async (): Promise<void> => {
    for await (const email of members) {
      if (deps.clock.monotonic() > lastStart) counts.left += 1;
      else await planAndCount(run, email, counts, signal);
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

/** Finds the e-mails of the members whose plan is due. */
async function* findDueMembers({ plans, clock }: PlanRoutinesDeps): AsyncGenerator<string, undefined> {
  const now = clock.now();
  for (let shard = 0; shard < SHARDS; shard += 1) yield* plans.findDue(shard, now);
  return undefined;
}

type PlanRun = PlanRoutinesDeps & PlanDateDeps;

async function planAndCount(run: PlanRun, email: string, counts: PlanCounts, signal: AbortSignal): Promise<void> {
  try {
    const outcome = await planMember(run, email, counts, signal);
    counts[outcome] += 1;
  } catch (error) {
    counts.failed += 1;
    run.logger.error('unexpected-error', error, { during: 'plan-routines' });
  }
}

async function planMember(
  run: PlanRun,
  email: string,
  counts: PlanCounts,
  signal: AbortSignal,
): Promise<'planned' | 'changed' | 'busy'> {
  const { plans, clock } = run;
  const now = clock.now();
  const seen = await plans.find(email);
  if (seen.planAt === null || seen.planAt > now) return 'changed';
  if (seen.claimedUntil !== null && seen.claimedUntil > now) return 'busy';
  const plan = await plans.claim(seen, now + CLAIM_TTL);
  if (!plan) return 'changed';
  const lastStart = clock.monotonic() + MEMBER_TIME;
  const { cancelled, mayBeLeft } = await cancelUnwanted(run, plan);
  counts.cancelled += cancelled;
  const routines: Routine[] = [];
  // The routines are planned one after the other, because they share the member's session.
  for (const routine of plan.routines) {
    const mayStart = isDue(routine, now) && clock.monotonic() <= lastStart;
    const planned = mayStart ? await planOne(run, plan, routine, signal) : undefined;
    routines.push(planned?.routine ?? routine);
    counts.routines += planned ? 1 : 0;
    counts.ordered += planned?.ordered ?? 0;
    counts.finished += planned?.finished ?? 0;
    counts.problems += planned?.routine.problem ? 1 : 0;
  }
  // An unwanted order that cannot be decoded yet is cancelled as soon as it can be, also after the last routine was deleted. That
  // ends when its class starts, if the start can be read.
  const again = mayBeLeft ? [{ planAt: clock.now() + RETRY_AFTER_ERROR }] : [];
  if (await plans.put({ ...plan, routines, planAt: nextPlanAt([...routines, ...again]) })) return 'planned';
  counts.cancelled += await cancelUnwantedByNewPlan(run, email, signal);
  return 'changed';
}

/**
 * Cancels the pre-bookings that the member's new plan does not want, among them those that this run has made by the old plan. The
 * new plan was due at once, but another run may have planned it before this run ordered the class, so no later run may cancel them.
 * If that other run has found such a pre-booking, it looks at the date again only after the opening. So the plan is made due: the
 * next run orders the class anew if a routine still wants it.
 */
async function cancelUnwantedByNewPlan(run: PlanRun, email: string, signal: AbortSignal): Promise<number> {
  const { cancelled } = await cancelUnwanted(run, await run.plans.find(email));
  if (cancelled > 0) await makeDue(run, email, signal);
  return cancelled;
}

/**
 * Makes a plan and its routines due now. If another write comes first, the plan is read and written again: a member's change may
 * make only one routine due, and another run's write makes none due. If another run has claimed the plan, this write ends the claim:
 * that run cannot store what it has planned, and the plan stays due.
 */
const makeDue = ({ plans, clock }: PlanRun, email: string, signal: AbortSignal): Promise<Plan> =>
  withOptimisticLock(
    clock,
    async () => {
      const plan = await plans.find(email);
      // Without routines, there is nothing to order. The plan may even have been deleted, and then must not be stored again.
      if (plan.routines.length === 0) return plan;
      const planAt = clock.now();
      return plans.put({ ...plan, routines: plan.routines.map((routine) => ({ ...routine, planAt })), planAt });
    },
    signal,
  );

const isDue = ({ planAt }: Routine, now: Instant): boolean => planAt !== null && planAt <= now;

/**
 * Plans one routine, and tells its member what stands in the way. Logs an unexpected error, so that the member's other routines
 * are still planned.
 */
async function planOne(run: PlanRun, plan: Plan, routine: Routine, signal: AbortSignal): Promise<PlannedRoutine> {
  try {
    const planned = await planRoutine(run, plan.email, routine, plan.pauses, signal);
    return { ...planned, routine: await tellProblem(run, plan.email, planned) };
  } catch (error) {
    signal.throwIfAborted();
    run.logger.error('unexpected-error', error, { during: 'plan-routines', routine: routine.id });
    return {
      routine: { ...routine, planAt: run.clock.now() + RETRY_AFTER_ERROR },
      ordered: 0,
      finished: 0,
      toldDate: undefined,
    };
  }
}
