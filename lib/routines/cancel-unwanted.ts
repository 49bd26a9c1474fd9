import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import { type CancelPrebookingDeps, cancelPending } from '../prebookings/cancel-prebooking.ts';
import type { Pending } from '../prebookings/prebooking.ts';
import type { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import { isWanted, type Plan } from './routine.ts';
import { mayBePendingOfRoutine } from './unreadable-items.ts';

export type CancelUnwantedDeps = CancelPrebookingDeps & {
  readonly prebookingQueries: Pick<PrebookingQueries, 'findPending'>;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
};

/**
 * Cancels a member's pending pre-bookings that no routine wants any more, but none that the member ordered.
 *
 * @param alsoCancel chooses pre-bookings of routines to cancel even if a routine still wants them.
 * @returns how many were cancelled, and whether an item that cannot be decoded, and was therefore left, may be a routine's pending
 *   pre-booking of a class that is still to come.
 */
export async function cancelUnwanted(
  deps: CancelUnwantedDeps,
  plan: Plan,
  alsoCancel: (pending: Pending) => boolean = () => false,
): Promise<{ readonly cancelled: number; readonly mayBeLeft: boolean }> {
  const now = deps.clock.now();
  let mayBeLeft = false;
  const pending = await deps.prebookingQueries.findPending(plan.email, (error, item) => {
    deps.logger.error('unexpected-error', error, { during: 'cancel-unwanted' });
    mayBeLeft ||= mayBePendingOfRoutine(item, now);
  });
  const timezoneOfBox = (box: string) => timezoneOf(deps.boxSettings, box);
  const unwanted = pending
    .filter(({ routineId }) => routineId !== null)
    .filter((prebooking) => alsoCancel(prebooking) || !isWanted(plan, prebooking, timezoneOfBox));
  const cancelled = await Promise.all(unwanted.map((prebooking) => cancelPending(deps, prebooking, 'routine')));
  return { cancelled: cancelled.filter(Boolean).length, mayBeLeft };
}
