import * as z from 'zod/mini';
import { composeBase } from '../lib/compose/base.ts';
import { composeFiring } from '../lib/compose/firing.ts';
import { firePrebooking } from '../lib/firing/fire-prebooking.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { settleAll } from '../lib/platform/settle-all.ts';
import { decryptWithRetries, QueuedWakeUp } from '../lib/prebookings/wake-up.ts';

/** A firing is aborted this long before the function's timeout, in milliseconds. */
const ABORT_MARGIN = 5_000;

/**
 * How long a firing waits for an answer of the database before the SDK repeats the request, in milliseconds. This is shorter
 * than in other functions, because a firing has less time. DynamoDB answers in about 10 ms.
 */
const DATABASE_TIMEOUT = 1_000;

const Firings = z.object({ firings: z.array(QueuedWakeUp) });

const deps = composeFiring(composeBase(process.env, DATABASE_TIMEOUT));

/**
 * Fires pre-bookings of one box and one opening. Each is fired independently, but they share what their probes show about
 * AimHarder's clock. `dispatch-firings` invokes this function when the queued message is due. A late order, the
 * preparation, the guard and the sweep can invoke it directly.
 */
export const handler = backgroundFunction(async (event, timeout) => {
  const signal = timeout.abortBefore(ABORT_MARGIN);
  const ends = await settleAll(
    Firings.parse(event).firings.map(async (queued) => {
      const end = await firePrebooking(deps, await decryptWithRetries(deps, queued, signal), signal);
      // A text is the reason why the wake-up was skipped.
      return typeof end === 'string' ? end : end.result.outcome;
    }),
  );
  return { ends };
});
