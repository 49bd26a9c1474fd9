import { composeBase } from '../lib/compose/base.ts';
import { composePreparation } from '../lib/compose/firing.ts';
import { preparePrebooking } from '../lib/firing/prepare-prebooking.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { openPatiently, QueuedWakeUp } from '../lib/prebookings/wake-up.ts';

/** How long before Lambda ends the function a preparation is aborted, in milliseconds. */
const ABORT_MARGIN = 5_000;

const deps = composePreparation(composeBase(process.env));

/** Prepares one pre-booking. EventBridge Scheduler starts it at the wake-up; a late order or the sweep starts it at once. */
export const handler = backgroundFunction(async (event, timeout) => {
  const signal = timeout.abortBefore(ABORT_MARGIN);
  const wakeUp = await openPatiently(deps, QueuedWakeUp.parse(event), signal);
  const end = await preparePrebooking(deps, wakeUp, signal);
  return { end: typeof end === 'string' ? end : end.result.outcome };
});
