import { composeBase } from '../lib/compose/base.ts';
import { composeDelivery } from '../lib/compose/notifications.ts';
import { retryNotifications } from '../lib/notifications/retry-notifications.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

/**
 * No delivery begins this close to the function's timeout, in milliseconds: a delivery takes up to 15 s until the receiver
 * answers, and then a write.
 */
const LONGEST_DELIVERY = 20_000;

/** The work is aborted this long before the function's timeout, in milliseconds, to leave time for recording the results. */
const ABORT_MARGIN = 2_000;

const deps = composeDelivery(composeBase(process.env));

/** Runs every minute: retries messages whose delivery has failed. */
export const handler = backgroundFunction((_event, timeout) =>
  retryNotifications(deps, timeout.instantBefore(LONGEST_DELIVERY), timeout.abortBefore(ABORT_MARGIN)),
);
