import { composeBase } from '../lib/compose/base.ts';
import { composeNotify } from '../lib/compose/notifications.ts';
import { decodeEvent } from '../lib/events/decode-event.ts';
import { notify } from '../lib/notifications/notify.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

/** Left for recording what became of a message, in milliseconds. */
const RECORDING = 2_000;

const deps = composeNotify(composeBase(process.env));

/** Started by the bus for every event: notifies the member that it concerns. */
export const handler = backgroundFunction(async (envelope, timeout) => {
  const received = decodeEvent(envelope);
  return { deliveries: received ? await notify(deps, received, timeout.abortBefore(RECORDING)) : [] };
});
