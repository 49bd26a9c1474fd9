import type { Clock } from '../platform/clock.ts';
import { withOptimisticLock } from '../platform/optimistic-lock.ts';
import type { PlanStore } from './plan-store.ts';
import type { Plan } from './routine.ts';

export type ChangePlanDeps = { readonly plans: Pick<PlanStore, 'find' | 'putChanged'>; readonly clock: Clock };

/**
 * Changes a member's plan with an optimistic lock: reads and writes it again if another write came in between.
 *
 * @param change returns the new plan; if it returns the same plan, nothing is written. It may run several times.
 * @throws what `change` throws; AppError unavailable if other writes always came first.
 */
export function changePlan(
  { plans, clock }: ChangePlanDeps,
  email: string,
  change: (plan: Plan) => Plan,
  signal: AbortSignal,
): Promise<Plan> {
  return withOptimisticLock(
    clock,
    async () => {
      const seen = await plans.find(email);
      const changed = change(seen);
      return changed === seen ? seen : plans.putChanged(changed);
    },
    signal,
  );
}
