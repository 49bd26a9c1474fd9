import { composeBase } from '../lib/compose/base.ts';
import { composeNotify } from '../lib/compose/notifications.ts';
import { decodeEvent } from '../lib/events/decode-event.ts';
import { notify } from '../lib/notifications/notify.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

/** How long before the function's timeout the work is aborted, in milliseconds: time to record what was sent. */
const ABORT_MARGIN = 2_000;

const deps = composeNotify(composeBase(process.env));

/** Sends the member the messages about an event. The bus invokes this function for every event. */
export const handler = backgroundFunction(async (delivered, timeout) => {
  const received = decodeEvent(delivered);
  return { deliveries: received ? await notify(deps, received, timeout.abortBefore(ABORT_MARGIN)) : [] };
});
