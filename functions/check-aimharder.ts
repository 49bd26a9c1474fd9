import { composeCheck } from '../lib/compose/doctor.ts';
import { checkAimHarder } from '../lib/doctor/check-aimharder.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

/** How long before Lambda ends the function the check is aborted, in milliseconds: time for raising the alarm. */
const ABORT_MARGIN = 10_000;

const depsFor = composeCheck(process.env);

/** Runs every few hours, if the operator has given an account: checks whether AimHarder still works as this service assumes. */
export const handler = backgroundFunction((_event, timeout) =>
  checkAimHarder(depsFor(timeout.abortBefore(ABORT_MARGIN))),
);
