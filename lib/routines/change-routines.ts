import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import type { Box } from '../aimharder/client.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { normalizeName } from '../platform/text.ts';
import { type CancelUnwantedDeps, cancelUnwanted } from './cancel-unwanted.ts';
import { type ChangePlanDeps, changePlan } from './change-plan.ts';
import { isSameClass, MAX_ROUTINES, type Plan, type Routine, type RoutineSpec } from './routine.ts';
import type { RoutineBody, RoutineChanges } from './routine-api.ts';

/** Whose routines are changed: a member, and the boxes AimHarder named at the login. */
type Caller = { readonly email: string; readonly boxes: readonly Box[] };

/**
 * Makes a routine, or finds the one there is for the same class. Its first order follows within a minute.
 *
 * @throws AppError box-not-found, invalid-request, routine-limit.
 */
export async function createRoutine(
  deps: ChangePlanDeps,
  caller: Caller,
  wanted: z.infer<typeof RoutineBody>,
  signal: AbortSignal,
): Promise<{ readonly routine: Routine; readonly created: boolean }> {
  const terms = checked({
    ...wanted,
    familyId: wanted.familyId ?? null,
    whenFull: wanted.whenFull ?? 'waitlist',
    from: wanted.from ?? null,
    until: wanted.until ?? null,
    opening: wanted.opening ?? null,
    skip: wanted.skip ?? [],
  });
  const { boxId } = boxOf(caller, terms.box);
  const now = deps.clock.now();
  const fresh: Routine = { ...terms, boxId, id: randomUUID(), createdAt: now, planAt: now, problem: null };
  const plan = await changePlan(deps, caller.email, (seen) => withRoutine(seen, fresh, now), signal);
  const routine = routineOfClass(plan, fresh);
  return { routine, created: routine.id === fresh.id };
}

function withRoutine(plan: Plan, fresh: Routine, now: Instant): Plan {
  if (plan.routines.some((one) => isSameClass(one, fresh))) return plan;
  if (plan.routines.length >= MAX_ROUTINES)
    throw new AppError('routine-limit', `You have ${MAX_ROUTINES} routines, which is the most.`);
  return { ...plan, routines: [...plan.routines, fresh], planAt: now };
}

function routineOfClass({ routines }: Plan, terms: RoutineSpec): Routine {
  const routine = routines.find((one) => isSameClass(one, terms));
  if (!routine) throw new Error('the routine was not written');
  return routine;
}

/**
 * Changes a routine. Orders that it no longer wants are cancelled at once; others follow within a minute.
 *
 * @throws AppError routine-not-found, box-not-found, invalid-request.
 */
export async function updateRoutine(
  deps: ChangePlanDeps & CancelUnwantedDeps,
  caller: Caller,
  id: string,
  changes: z.infer<typeof RoutineChanges>,
  signal: AbortSignal,
): Promise<Routine> {
  let reopened = false;
  const change = (seen: Plan): Plan => {
    const old = routineIn(seen, id);
    const terms = checked(changed(old, changes));
    const boxId = terms.box === old.box ? old.boxId : boxOf(caller, terms.box).boxId;
    if (seen.routines.some((one) => one.id !== id && isSameClass(one, terms)))
      throw new AppError('invalid-request', 'Another of your routines is for that class.');
    const now = deps.clock.now();
    reopened = !isSameRule(old.opening, terms.opening);
    const fresh: Routine = { ...old, ...terms, boxId, planAt: now, problem: null };
    return { ...seen, routines: seen.routines.map((one) => (one.id === id ? fresh : one)), planAt: now };
  };
  const plan = await changePlan(deps, caller.email, change, signal);
  await cancelUnwanted(deps, plan, ({ routineId }) => reopened && routineId === id);
  return routineIn(plan, id);
}

/** Ends a routine, its pauses and its pending orders. @throws AppError routine-not-found. */
export async function deleteRoutine(
  deps: ChangePlanDeps & CancelUnwantedDeps,
  email: string,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const change = (seen: Plan): Plan => {
    routineIn(seen, id);
    return {
      ...seen,
      routines: seen.routines.filter((one) => one.id !== id),
      pauses: seen.pauses.filter(({ routineId }) => routineId !== id),
      planAt: deps.clock.now(),
    };
  };
  await cancelUnwanted(deps, await changePlan(deps, email, change, signal));
}

/** @throws AppError routine-not-found, also for another member's. */
export function routineIn({ routines }: Plan, id: string): Routine {
  const routine = routines.find((one) => one.id === id);
  if (!routine) throw new AppError('routine-not-found', 'You have no such routine.');
  return routine;
}

/** A field that is left out stays as it is. */
function changed(old: Routine, changes: z.infer<typeof RoutineChanges>): RoutineSpec {
  const or = <T>(change: T | undefined, before: T): T => (change === undefined ? before : change);
  return {
    box: changes.box ?? old.box,
    weekday: changes.weekday ?? old.weekday,
    startsAt: changes.startsAt ?? old.startsAt,
    className: changes.className ?? old.className,
    familyId: or(changes.familyId, old.familyId),
    whenFull: or(changes.whenFull, old.whenFull) ?? 'waitlist',
    from: or(changes.from, old.from),
    until: or(changes.until, old.until),
    opening: or(changes.opening, old.opening),
    skip: or(changes.skip, old.skip) ?? [],
  };
}

/** @throws AppError invalid-request for terms that do not go together. */
function checked(terms: RoutineSpec): RoutineSpec {
  const { from, until, opening, startsAt, className } = terms;
  if (from !== null && until !== null && from > until)
    throw new AppError('invalid-request', 'body.until: the last day is before the first, from');
  if (normalizeName(className) === '')
    throw new AppError('invalid-request', 'body.className: the name of a class, of 1 to 100 characters');
  if (opening && 'daysBefore' in opening && opening.daysBefore === 0 && (opening.time ?? startsAt) >= startsAt)
    throw new AppError('invalid-request', 'body.opening: bookings open before the class starts');
  return terms;
}

function boxOf({ boxes }: Caller, box: string): Box {
  const known = boxes.find((one) => one.box === box);
  if (!known) throw new AppError('box-not-found', 'You are not a member of that box, or it does not exist.');
  return known;
}

const isSameRule = (one: OpeningRule | null, other: OpeningRule | null): boolean =>
  JSON.stringify(one && Object.entries(one).toSorted()) === JSON.stringify(other && Object.entries(other).toSorted());
