import * as z from 'zod/mini';
import { composeBase } from '../lib/compose/base.ts';
import { composeFiring } from '../lib/compose/firing.ts';
import { firePrebooking } from '../lib/firing/fire-prebooking.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

/** How long before Lambda ends the function a firing is aborted, in milliseconds. */
const ABORT_MARGIN = 5_000;

/**
 * How long a firing waits for an answer of the database before the SDK repeats the request, in milliseconds. A firing has
 * less time than other functions, and DynamoDB answers in about 10 ms.
 */
const DATABASE_TIMEOUT = 1_000;

const WakeUp = z.object({ email: z.string(), id: z.string(), order: z.number() });

const deps = composeFiring(composeBase(process.env, DATABASE_TIMEOUT));

/** Fires one pre-booking. EventBridge Scheduler starts it at the wake-up; a late order, or the sweep, starts it at once. */
export const handler = backgroundFunction(async (event, timeout) => {
  const end = await firePrebooking(deps, WakeUp.parse(event), timeout.abortBefore(ABORT_MARGIN));
  return { end: typeof end === 'string' ? end : end.result.outcome };
});
