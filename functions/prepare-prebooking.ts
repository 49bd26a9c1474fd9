import { composeBase } from '../lib/compose/base.ts';
import { composePreparation } from '../lib/compose/firing.ts';
import { preparePrebooking } from '../lib/firing/prepare-prebooking.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { WakeUp } from '../lib/prebookings/wake-up.ts';

/** How long before Lambda ends the function a preparation is aborted, in milliseconds. */
const ABORT_MARGIN = 5_000;

const deps = composePreparation(composeBase(process.env));

/** Prepares one pre-booking. EventBridge Scheduler starts it at the wake-up; a late order or the sweep starts it at once. */
export const handler = backgroundFunction(async (event, timeout) => {
  const end = await preparePrebooking(deps, WakeUp.parse(event), timeout.abortBefore(ABORT_MARGIN));
  return { end: typeof end === 'string' ? end : end.result.outcome };
});
