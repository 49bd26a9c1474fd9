import { composeBase } from '../lib/compose/base.ts';
import { composeDelivery } from '../lib/compose/notifications.ts';
import { retryNotifications } from '../lib/notifications/retry-notifications.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

/** A message needs at most this long, in milliseconds: a webhook may take 15 s for its answer, and the write a moment. */
const LONGEST_DELIVERY = 20_000;

/** Left for recording what became of the messages, in milliseconds. */
const RECORDING = 2_000;

const deps = composeDelivery(composeBase(process.env));

/** Every minute: delivers messages again whose delivery has failed. */
export const handler = backgroundFunction((_event, timeout) =>
  retryNotifications(deps, timeout.instantBefore(LONGEST_DELIVERY), timeout.abortBefore(RECORDING)),
);
