import type { Context } from 'aws-lambda';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeNotify } from '../lib/compose/notifications.ts';
import { decodeEvent } from '../lib/events/decode-event.ts';
import { notify } from '../lib/notifications/notify.ts';
import { inRequest } from '../lib/platform/logger.ts';

/** Left to note in what came of a message, in milliseconds. */
const RECORDING = 2_000;

const deps = composeNotify(process.env, composeDocuments());

/** Started by the bus for every event: tells the member whom it is about. */
export const handler = inRequest(async (envelope: unknown, context: Context) => {
  const delivered = decodeEvent(envelope);
  if (!delivered) return { deliveries: [] };
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RECORDING));
  return { deliveries: await notify(deps, delivered, signal) };
});
