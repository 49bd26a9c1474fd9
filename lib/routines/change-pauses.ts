import type * as z from 'zod/mini';
import type { BookingStore } from '../bookings/booking-store.ts';
import { timezoneOf } from '../boxes/settings.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { type BookedInPause, findBookingsInPauses } from './bookings-in-pause.ts';
import { type CancelUnwantedDeps, cancelUnwanted } from './cancel-unwanted.ts';
import { type ChangePlanDeps, changePlan } from './change-plan.ts';
import { requireRoutine } from './change-routines.ts';
import type { Pause, Plan } from './routine.ts';
import type { PausesBody } from './routine-api.ts';

export type SetPausesDeps = ChangePlanDeps &
  CancelUnwantedDeps & {
    readonly prebookings: Pick<PrebookingStore, 'list'>;
    readonly bookings: Pick<BookingStore, 'list'>;
  };

/**
 * Replaces a member's pauses and cancels the pending pre-bookings that they cover. Booked classes stay booked, and are
 * returned.
 *
 * @throws AppError routine-not-found if a pause is for a routine that the member does not have.
 */
export async function setPauses(
  deps: SetPausesDeps,
  email: string,
  body: z.infer<typeof PausesBody>,
  signal: AbortSignal,
): Promise<{ readonly pauses: readonly Pause[]; readonly booked: readonly BookedInPause[] }> {
  const pauses = body.pauses.map(({ from, until, routineId = null }) => ({ from, until, routineId }));
  const plan = await changePlan(deps, email, (seen) => withPauses(deps, seen, pauses), signal);
  await cancelUnwanted(deps, plan);
  const onUnreadable = (error: unknown) => deps.logger.error('unexpected-error', error, { during: 'set-pauses' });
  const [prebookings, bookings] = await Promise.all([
    deps.prebookings.list(email, onUnreadable),
    deps.bookings.list(email, onUnreadable),
  ]);
  const timezoneOfBox = (box: string) => timezoneOf(deps.boxSettings, box);
  return { pauses, booked: findBookingsInPauses(plan, prebookings, bookings, deps.clock.now(), timezoneOfBox) };
}

/** Ends all pauses. Within a minute, the planner orders the classes that the pauses covered. */
export async function endPauses(deps: ChangePlanDeps, email: string, signal: AbortSignal): Promise<void> {
  await changePlan(deps, email, (seen) => (seen.pauses.length === 0 ? seen : withPauses(deps, seen, [])), signal);
}

/** Sets the pauses and makes every routine due, because each may have other dates now. */
function withPauses({ clock }: ChangePlanDeps, seen: Plan, pauses: readonly Pause[]): Plan {
  for (const { routineId } of pauses) if (routineId !== null) requireRoutine(seen, routineId);
  const planAt = clock.now();
  return { ...seen, pauses, routines: seen.routines.map((routine) => ({ ...routine, planAt })), planAt };
}
