import { randomInt } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { PlanStore } from './plan-store.ts';
import type { Plan } from './routine.ts';

export type ChangePlanDeps = { readonly plans: PlanStore; readonly clock: Clock };

/** One of many writes at once succeeds in every round: as many may come as a member has patience for. */
const TRIES = 60;

/** Before the next try, in milliseconds, so that those in each other's way come apart. */
const STEP_BACK = 20;
const LONGEST_STEP_BACK = 400;

/**
 * Changes a member's plan as it is at the moment of writing. A change that returns the plan it was given writes nothing.
 *
 * @throws what `change` throws; AppError internal when others always came first.
 */
export async function changePlan(
  { plans, clock }: ChangePlanDeps,
  email: string,
  change: (plan: Plan) => Plan,
  signal: AbortSignal,
): Promise<Plan> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const seen = await plans.find(email);
    const changed = change(seen);
    if (changed === seen) return seen;
    const written = await plans.put(changed);
    if (written) return written;
    await clock.until(clock.monotonic() + randomInt(Math.min(LONGEST_STEP_BACK, STEP_BACK * attempt)) + 1, signal);
  }
  throw new AppError('internal', 'Too much is changed at once, so nothing was done. Try again.');
}
