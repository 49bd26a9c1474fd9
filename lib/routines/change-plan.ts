import { randomInt } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { PlanStore } from './plan-store.ts';
import type { Plan } from './routine.ts';

export type ChangePlanDeps = { readonly plans: Pick<PlanStore, 'find' | 'putChanged'>; readonly clock: Clock };

/** How often a change is tried. One of several competing writes always succeeds, so 60 tries serve 60 competitors. */
const MAX_TRIES = 60;

/**
 * How much the longest random wait before a retry grows with each try, up to the limit, in milliseconds. The waits spread
 * competing writes.
 */
const BACKOFF_STEP = 20;
const LONGEST_BACKOFF = 400;

/**
 * Changes a member's plan with an optimistic lock: reads and writes it again if another write came in between.
 *
 * @param change returns the new plan, or the same one to write nothing. It may run several times.
 * @throws what `change` throws; AppError internal if other writes always came first.
 */
export async function changePlan(
  { plans, clock }: ChangePlanDeps,
  email: string,
  change: (plan: Plan) => Plan,
  signal: AbortSignal,
): Promise<Plan> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const seen = await plans.find(email);
    const changed = change(seen);
    if (changed === seen) return seen;
    const written = await plans.putChanged(changed);
    if (written) return written;
    await clock.until(clock.monotonic() + randomInt(Math.min(LONGEST_BACKOFF, BACKOFF_STEP * tries)) + 1, signal);
  }
  throw new AppError('internal', 'Too many changes arrived at the same time, so this one was not made. Try again.');
}
