import * as z from 'zod/mini';
import { composeBase } from '../lib/compose/base.ts';
import { composeFiring } from '../lib/compose/firing.ts';
import { firePrebooking } from '../lib/firing/fire-prebooking.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { settleAll } from '../lib/platform/settle-all.ts';
import { openPatiently, QueuedWakeUp } from '../lib/prebookings/wake-up.ts';

/** How long before Lambda ends the function a firing is aborted, in milliseconds. */
const ABORT_MARGIN = 5_000;

/**
 * How long a firing waits for an answer of the database before the SDK repeats the request, in milliseconds. A firing has
 * less time than other functions, and DynamoDB answers in about 10 ms.
 */
const DATABASE_TIMEOUT = 1_000;

const Firings = z.object({ firings: z.array(QueuedWakeUp) });

const deps = composeFiring(composeBase(process.env, DATABASE_TIMEOUT));

/**
 * Fires pre-bookings of one box and one opening, each by itself; they share what they learn of AimHarder's clock. The
 * queue's dispatcher starts it; a late order, the guard or the sweep starts it at once.
 */
export const handler = backgroundFunction(async (event, timeout) => {
  const signal = timeout.abortBefore(ABORT_MARGIN);
  const ends = await settleAll(
    Firings.parse(event).firings.map(async (queued) => {
      const end = await firePrebooking(deps, await openPatiently(deps, queued, signal), signal);
      return typeof end === 'string' ? end : end.result.outcome;
    }),
  );
  return { ends };
});
