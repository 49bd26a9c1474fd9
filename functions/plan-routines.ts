import { composeBase } from '../lib/compose/base.ts';
import { composePlanner } from '../lib/compose/routines.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { planRoutines } from '../lib/routines/plan-routines.ts';

/** The longest time that one member's routines take, in milliseconds: AimHarder may be asked about several classes. */
const LONGEST_MEMBER = 35_000;

/** How long before Lambda ends the function its work is aborted, in milliseconds: time for recording the results. */
const ABORT_MARGIN = 2_000;

const deps = composePlanner(composeBase(process.env));

/** Runs every minute: orders the next classes of the routines that are due. */
export const handler = backgroundFunction((_event, timeout) =>
  planRoutines(deps, timeout.instantBefore(LONGEST_MEMBER), timeout.abortBefore(ABORT_MARGIN)),
);
