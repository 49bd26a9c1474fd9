import { timezonesFrom } from '../boxes/settings.ts';
import { problemFinder } from '../routines/find-problem.ts';
import { PlanStore } from '../routines/plan-store.ts';
import { type Base, clock, composePublish, composeTable } from './base.ts';
import { composeBookings } from './bookings.ts';
import { composeOrdering, composePrebookingQueries, composeWakeUps, composeWatches } from './prebookings.ts';
import { composeAimHarder, withSessions } from './sessions.ts';
import { composeUpstream } from './upstream.ts';

/** How many members' routines are planned at the same time. */
const CONCURRENCY = 20;

export const composePlans = (base: Base) => ({ plans: new PlanStore(composeTable(base, 'ROUTINES_TABLE')), clock });

/**
 * Composes the dependencies for changing a member's plan (their routines and pauses), and for cancelling the pre-bookings that
 * the plan no longer wants.
 */
export const composeChangePlan = (base: Base) => ({
  ...composeWakeUps(base),
  ...composePlans(base),
  prebookingQueries: composePrebookingQueries(base),
  boxSettings: { timezones: timezonesFrom(base.environment) },
});

/** Composes the function that finds the problem of a routine in the timetable. */
export const composeFindProblem = (base: Base) =>
  problemFinder({
    aimHarder: composeAimHarder(base),
    boxSettings: { timezones: timezonesFrom(base.environment) },
    clock,
  });

/** Composes the dependencies for planning the routines that are due. */
export const composePlanner = (base: Base) => ({
  ...composeUpstream(withSessions(base)),
  ...composeOrdering(base),
  ...composePlans(base),
  bookings: composeBookings(base),
  watches: composeWatches(base),
  publish: composePublish(base),
  concurrency: CONCURRENCY,
});

/** Composes the dependencies for setting a member's pauses. */
export const composeSetPauses = (base: Base) => ({ ...composeChangePlan(base), bookings: composeBookings(base) });
