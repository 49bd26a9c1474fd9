import * as z from 'zod/mini';
import { composeBase } from '../lib/compose/base.ts';
import { composeDispatch } from '../lib/compose/prebookings.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { dispatchDelivered } from '../lib/prebookings/dispatch-firings.ts';

/** The work is aborted this long before the function's timeout, in milliseconds. */
const ABORT_MARGIN = 1_000;

/** The event with which Lambda delivers messages of a queue (Lambda Developer Guide, "Using Lambda with Amazon SQS"). */
const QueueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

const deps = composeDispatch(composeBase(process.env));

/**
 * Starts firings, and starts them again if they have died. Lambda invokes this function with up to 10 messages of the queue.
 *
 * @returns the ids of the messages that SQS should deliver again.
 */
export const handler = backgroundFunction(async (event, timeout) => {
  const { Records } = QueueEvent.parse(event);
  const failed = await dispatchDelivered(deps, Records, timeout.abortBefore(ABORT_MARGIN));
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
});
