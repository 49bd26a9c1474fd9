import { composeBase } from '../lib/compose/base.ts';
import { composePlanner } from '../lib/compose/routines.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { planRoutines } from '../lib/routines/plan-routines.ts';

/** A member needs at most this long, in milliseconds: AimHarder may be asked for several classes. */
const LONGEST_MEMBER = 35_000;

/** Left for recording what was done, in milliseconds. */
const RECORDING = 2_000;

const deps = composePlanner(composeBase(process.env));

/** Every minute: orders the coming classes of the routines that are due. */
export const handler = backgroundFunction((_event, timeout) =>
  planRoutines(deps, timeout.instantBefore(LONGEST_MEMBER), timeout.abortBefore(RECORDING)),
);
