import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import { type CancelPrebookingDeps, cancelPending } from '../prebookings/cancel-prebooking.ts';
import type { Pending } from '../prebookings/prebooking.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import { isWanted, type Plan } from './routine.ts';

export type CancelUnwantedDeps = CancelPrebookingDeps & {
  readonly prebookingQueries: Pick<PrebookingQueries, 'findPending'>;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
};

/**
 * Cancels the pending orders that no routine wants any more. Those of the member's own are left alone.
 *
 * @param given up in any case.
 * @returns how many.
 */
export async function cancelUnwanted(
  deps: CancelUnwantedDeps,
  plan: Plan,
  given: (pending: Pending) => boolean = () => false,
): Promise<number> {
  const pending = await deps.prebookingQueries.findPending(plan.email);
  const zone = (box: string) => timezoneOf(deps.boxSettings, box);
  const unwanted = pending.filter((one) => one.routineId !== null && (given(one) || !isWanted(plan, one, zone)));
  const cancelled = await Promise.all(unwanted.map((one) => cancelPending(deps, one, 'routine')));
  return cancelled.filter(Boolean).length;
}
