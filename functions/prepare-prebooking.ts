import { composeBase } from '../lib/compose/base.ts';
import { composePreparation } from '../lib/compose/firing.ts';
import { preparePrebooking } from '../lib/firing/prepare-prebooking.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { decryptWithRetries, QueuedWakeUp } from '../lib/prebookings/wake-up.ts';

/** The preparation is aborted this long before the function's timeout, in milliseconds. */
const ABORT_MARGIN = 5_000;

const deps = composePreparation(composeBase(process.env));

/**
 * Prepares one pre-booking. EventBridge Scheduler invokes this function at the wake-up. A late order and the sweep invoke it
 * directly.
 *
 * @returns how the preparation ended: the outcome if the timetable decided it; otherwise `queued`, `started` or a skip reason.
 */
export const handler = backgroundFunction(async (event, timeout) => {
  const signal = timeout.abortBefore(ABORT_MARGIN);
  const wakeUp = await decryptWithRetries(deps, QueuedWakeUp.parse(event), signal);
  const end = await preparePrebooking(deps, wakeUp, signal);
  return { end: typeof end === 'string' ? end : end.result.outcome };
});
