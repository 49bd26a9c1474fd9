import { composeCheck } from '../lib/compose/doctor.ts';
import { checkAimHarder } from '../lib/doctor/check-aimharder.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

/** The check is aborted this long before the function's timeout, in milliseconds, to leave time for raising the alarm. */
const ABORT_MARGIN = 10_000;

const createDeps = composeCheck(process.env);

/**
 * Runs every few hours, if the operator has configured an account at AimHarder. Checks whether AimHarder still works as this
 * service assumes.
 */
export const handler = backgroundFunction((_event, timeout) =>
  checkAimHarder(createDeps(timeout.abortBefore(ABORT_MARGIN))),
);
