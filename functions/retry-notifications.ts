import type { Context } from 'aws-lambda';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeDelivery } from '../lib/compose/notifications.ts';
import { retryNotifications } from '../lib/notifications/retry-notifications.ts';
import { inRequest } from '../lib/platform/logger.ts';
import { systemClock } from '../lib/platform/system-clock.ts';

/** No message is begun when less than this is left, in milliseconds: an answer may take 15 s, and its noting a moment. */
const LAST_START = 20_000;

const RECORDING = 2_000;

const deps = composeDelivery(process.env, composeDocuments());

/** Every minute: tries messages again that could not be delivered. */
export const handler = inRequest(async (_event: unknown, context: Context) => {
  const left = context.getRemainingTimeInMillis();
  const lastStart = systemClock.monotonic() + left - LAST_START;
  return retryNotifications(deps, lastStart, AbortSignal.timeout(Math.max(0, left - RECORDING)));
});
