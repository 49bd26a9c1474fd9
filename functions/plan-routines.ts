import { composeBase } from '../lib/compose/base.ts';
import { composePlanner } from '../lib/compose/routines.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { planRoutines } from '../lib/routines/plan-routines.ts';

/** The longest time that one member's routines take, in milliseconds: a run may ask AimHarder about several classes. */
const LONGEST_MEMBER = 35_000;

/** Time for recording the results, in milliseconds. */
const RECORDING = 2_000;

const deps = composePlanner(composeBase(process.env));

/** Runs every minute: orders the next classes of the routines that are due. */
export const handler = backgroundFunction((_event, timeout) =>
  planRoutines(deps, timeout.instantBefore(LONGEST_MEMBER), timeout.abortBefore(RECORDING)),
);
