import { clock, composeBase } from '../lib/compose/base.ts';
import { composeWheel } from '../lib/compose/upstream.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { scheduledMinute } from '../lib/platform/scheduled-minute.ts';
import { refreshClaimedPart, refreshDueSessions } from '../lib/refresh/refresh-due-sessions.ts';
import { decodeWorkerEvent } from '../lib/refresh/refresh-worker.ts';
import { assertNotInFuture } from '../lib/refresh/timing-wheel.ts';

/**
 * The longest time that the refresh of one session takes, in milliseconds: up to 8 s until AimHarder answers, and the writes. No
 * refresh begins when less time is left before the function's timeout.
 */
const LONGEST_REFRESH = 15_000;

/** The work is aborted this long before the function's timeout, in milliseconds, to leave time for recording where it stopped. */
const ABORT_MARGIN = 1_000;

const deps = composeWheel(composeBase(process.env));

/**
 * Runs every minute: refreshes the sessions in that minute's slot. If one run cannot refresh them all, it invokes this function
 * again, as its workers.
 */
export const handler = backgroundFunction(async (event, timeout) => {
  const lastStart = timeout.instantBefore(LONGEST_REFRESH);
  const signal = timeout.abortBefore(ABORT_MARGIN);
  const claimedPart = decodeWorkerEvent(event);
  if (claimedPart) return refreshClaimedPart(deps, claimedPart, lastStart, signal);
  const minute = assertNotInFuture(scheduledMinute(event, clock), clock.now());
  return refreshDueSessions(deps, minute, lastStart, signal);
});
