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
 * Cancels a member's pending pre-bookings that no routine wants any more, but none that the member ordered.
 *
 * @param alsoCancel chooses pre-bookings of routines to cancel even if a routine still wants them.
 * @returns how many were cancelled.
 */
export async function cancelUnwanted(
  deps: CancelUnwantedDeps,
  plan: Plan,
  alsoCancel: (pending: Pending) => boolean = () => false,
): Promise<number> {
  const pending = await deps.prebookingQueries.findPending(plan.email);
  const zone = (box: string) => timezoneOf(deps.boxSettings, box);
  const unwanted = pending.filter((one) => one.routineId !== null && (alsoCancel(one) || !isWanted(plan, one, zone)));
  const cancelled = await Promise.all(unwanted.map((one) => cancelPending(deps, one, 'routine')));
  return cancelled.filter(Boolean).length;
}
