import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import type { Box } from '../aimharder/client.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { normalizeName } from '../platform/text.ts';
import { type CancelUnwantedDeps, cancelUnwanted } from './cancel-unwanted.ts';
import { type ChangePlanDeps, changePlan } from './change-plan.ts';
import type { FindProblem } from './find-problem.ts';
import { isSameClass, MAX_ROUTINES, type Plan, type Routine, type RoutineSpec } from './routine.ts';
import type { RoutineBody, RoutineChanges } from './routine-api.ts';

type ChangeRoutineDeps = { readonly findProblem: FindProblem };

/** The member whose routines are changed, and the boxes that AimHarder named at the login. */
type Caller = { readonly email: string; readonly boxes: readonly Box[] };

/**
 * Creates a routine, or returns the member's routine for the same class. The `problem` of a new routine is what the timetable
 * shows now. The planner orders the routine's first class within a minute.
 *
 * @throws AppError box-not-found, invalid-request, routine-limit.
 */
export async function createRoutine(
  deps: ChangePlanDeps & ChangeRoutineDeps,
  caller: Caller,
  wanted: z.infer<typeof RoutineBody>,
  signal: AbortSignal,
): Promise<{ readonly routine: Routine; readonly isNew: boolean }> {
  const spec = validate({
    ...wanted,
    familyId: wanted.familyId ?? null,
    whenFull: wanted.whenFull ?? 'waitlist',
    from: wanted.from ?? null,
    until: wanted.until ?? null,
    opening: wanted.opening ?? null,
    skip: wanted.skip ?? [],
  });
  const { boxId } = requireBox(caller, spec.box);
  const now = deps.clock.now();
  const unchecked: Routine = {
    ...{ ...spec, boxId, id: randomUUID() },
    ...{ createdAt: now, planAt: now, problem: null, told: null, timesTold: 0 },
  };
  const { pauses } = await deps.plans.find(caller.email);
  const fresh = { ...unchecked, problem: await deps.findProblem(unchecked, pauses, signal) };
  const plan = await changePlan(deps, caller.email, (seen) => withRoutine(seen, fresh, now), signal);
  const routine = findSameClass(plan, fresh);
  return { routine, isNew: routine.id === fresh.id };
}

function withRoutine(plan: Plan, fresh: Routine, now: Instant): Plan {
  if (plan.routines.some((routine) => isSameClass(routine, fresh))) return plan;
  if (plan.routines.length >= MAX_ROUTINES)
    throw new AppError('routine-limit', `You already have ${MAX_ROUTINES} routines, the maximum.`);
  return { ...plan, routines: [...plan.routines, fresh], planAt: now };
}

function findSameClass({ routines }: Plan, spec: RoutineSpec): Routine {
  const routine = routines.find((candidate) => isSameClass(candidate, spec));
  if (!routine) throw new Error('the routine was not written');
  return routine;
}

/**
 * Changes a routine and cancels the pending pre-bookings that the routine no longer wants. Within a minute, the planner orders
 * what the routine wants now.
 *
 * @throws AppError routine-not-found, box-not-found, invalid-request.
 */
export async function updateRoutine(
  deps: ChangePlanDeps & CancelUnwantedDeps & ChangeRoutineDeps,
  caller: Caller,
  id: string,
  changes: z.infer<typeof RoutineChanges>,
  signal: AbortSignal,
): Promise<Routine> {
  // Set by `change`, because the plan may have changed since `before`.
  let hasNewOpening = false;
  const applyTo = (old: Routine): Routine => {
    const spec = validate(applyChanges(old, changes));
    const boxId = spec.box === old.box ? old.boxId : requireBox(caller, spec.box).boxId;
    return { ...old, ...spec, boxId, planAt: deps.clock.now(), problem: null };
  };
  const before = await deps.plans.find(caller.email);
  const problem = await deps.findProblem(applyTo(requireRoutine(before, id)), before.pauses, signal);
  const change = (seen: Plan): Plan => {
    const old = requireRoutine(seen, id);
    const fresh = { ...applyTo(old), problem };
    // What the member was told holds only if the weekday, the hour, the person and the box are the same. A new name may be a
    // correction.
    const told = isSameClass({ ...old, className: fresh.className }, fresh) ? old.told : null;
    if (seen.routines.some((routine) => routine.id !== id && isSameClass(routine, fresh)))
      throw new AppError('invalid-request', 'You already have another routine for that class.');
    hasNewOpening = !isSameRule(old.opening, fresh.opening);
    return {
      ...seen,
      routines: seen.routines.map((routine) => (routine.id === id ? { ...fresh, told } : routine)),
      planAt: fresh.planAt,
    };
  };
  const plan = await changePlan(deps, caller.email, change, signal);
  // A pre-booking waits for the opening by the old rule, so after a change of the rule it is cancelled and ordered again.
  await cancelUnwanted(deps, plan, ({ routineId }) => hasNewOpening && routineId === id);
  return requireRoutine(plan, id);
}

/**
 * Deletes a routine with its pauses, and cancels its pending pre-bookings. The planner cancels one that cannot be decoded as soon
 * as it can be.
 *
 * @throws AppError routine-not-found.
 */
export async function deleteRoutine(
  deps: ChangePlanDeps & CancelUnwantedDeps,
  email: string,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const change = (seen: Plan): Plan => {
    requireRoutine(seen, id);
    return {
      ...seen,
      routines: seen.routines.filter((routine) => routine.id !== id),
      pauses: seen.pauses.filter(({ routineId }) => routineId !== id),
      planAt: deps.clock.now(),
    };
  };
  await cancelUnwanted(deps, await changePlan(deps, email, change, signal));
}

/** Finds a routine in a member's plan. @throws AppError routine-not-found. */
export function requireRoutine({ routines }: Plan, id: string): Routine {
  const routine = routines.find((candidate) => candidate.id === id);
  if (!routine) throw new AppError('routine-not-found', 'You have no such routine.');
  return routine;
}

/**
 * Applies the given fields; all other fields stay unchanged. Null is a given value: it sets a field to none, or to its default.
 */
function applyChanges(old: Routine, changes: z.infer<typeof RoutineChanges>): RoutineSpec {
  const orKeep = <T>(change: T | undefined, before: T): T => (change === undefined ? before : change);
  return {
    box: changes.box ?? old.box,
    weekday: changes.weekday ?? old.weekday,
    startsAt: changes.startsAt ?? old.startsAt,
    className: changes.className ?? old.className,
    familyId: orKeep(changes.familyId, old.familyId),
    whenFull: orKeep(changes.whenFull, old.whenFull) ?? 'waitlist',
    from: orKeep(changes.from, old.from),
    until: orKeep(changes.until, old.until),
    opening: orKeep(changes.opening, old.opening),
    skip: orKeep(changes.skip, old.skip) ?? [],
  };
}

/** Checks the fields. @throws AppError invalid-request if they contradict each other, or the name is blank. */
function validate(spec: RoutineSpec): RoutineSpec {
  const { from, until, opening, startsAt, className } = spec;
  if (from !== null && until !== null && from > until)
    throw new AppError('invalid-request', 'body.until: must not be before body.from');
  if (normalizeName(className) === '')
    throw new AppError('invalid-request', 'body.className: the name of a class, of 1 to 100 characters');
  if (opening && 'daysBefore' in opening && opening.daysBefore === 0 && (opening.time ?? startsAt) >= startsAt)
    throw new AppError('invalid-request', 'body.opening: bookings must open before the class starts');
  return spec;
}

function requireBox({ boxes }: Caller, box: string): Box {
  const known = boxes.find((candidate) => candidate.box === box);
  if (!known) throw new AppError('box-not-found', 'You are not a member of that box, or it does not exist.');
  return known;
}

/** Compares two rules, whatever the order of their fields. */
const isSameRule = (left: OpeningRule | null, right: OpeningRule | null): boolean =>
  serializeRule(left) === serializeRule(right);

const serializeRule = (rule: OpeningRule | null): string => JSON.stringify(rule && Object.entries(rule).toSorted());
