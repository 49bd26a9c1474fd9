import { clock, composeBase } from '../lib/compose/base.ts';
import { composePlanner } from '../lib/compose/routines.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { scheduledMinute } from '../lib/platform/scheduled-minute.ts';
import { settleAll } from '../lib/platform/settle-all.ts';
import { watchWaitlists } from '../lib/prebookings/watch-waitlists.ts';
import { planRoutines } from '../lib/routines/plan-routines.ts';

/** The longest time that one member's routines take, in milliseconds: AimHarder may be asked about several classes. */
const LONGEST_MEMBER = 35_000;

/** The work is aborted this long before the function's timeout, in milliseconds, to leave time for recording the results. */
const ABORT_MARGIN = 2_000;

const deps = composePlanner(composeBase(process.env));

/**
 * Runs every minute: orders the next classes of the routines that are due, and checks whether places on waitlists have
 * become seats.
 */
export const handler = backgroundFunction(async (event, timeout) => {
  const lastStart = timeout.instantBefore(LONGEST_MEMBER);
  const signal = timeout.abortBefore(ABORT_MARGIN);
  const [planned, { watched, promoted }] = await settleAll([
    planRoutines(deps, lastStart, signal),
    watchWaitlists(deps, scheduledMinute(event, clock), lastStart, signal),
  ]);
  return { ...planned, watched, promoted };
});
