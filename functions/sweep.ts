import { startAccountEnds } from '../lib/accounts/start-account-ends.ts';
import { composeAccountEnds } from '../lib/compose/accounts.ts';
import { clock, composeBase } from '../lib/compose/base.ts';
import { composeSweep } from '../lib/compose/prebookings.ts';
import { withSessions } from '../lib/compose/sessions.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { scheduledMinute } from '../lib/platform/scheduled-minute.ts';
import { settleAll } from '../lib/platform/settle-all.ts';
import { createClassFollower } from '../lib/prebookings/class-follower.ts';
import { followAndRemind } from '../lib/prebookings/publish-at-risk.ts';
import { publishOutcomes } from '../lib/prebookings/publish-outcomes.ts';
import { sweep } from '../lib/prebookings/sweep.ts';

/** The work is aborted this long before the function's timeout, in milliseconds. */
const ABORT_MARGIN = 1_000;

/** The margin for deleting sessions, in milliseconds. It is longer, because the current page of the scan is still completed. */
const CLEANUP_ABORT_MARGIN = 5_000;

const base = composeBase(process.env);

const deps = composeSweep(base);

const accountEndsDeps = composeAccountEnds(withSessions(base));

/**
 * Runs every minute: recovers pre-bookings after crashes and lost wake-ups, publishes events for pre-bookings that have ended or
 * are at risk, follows classes that have moved, and starts `end-account` where an account is due to end. At the full hour, it
 * also deletes ended and expired sessions.
 */
export const handler = backgroundFunction(async (event, timeout) => {
  const minute = scheduledMinute(event, clock);
  const signal = timeout.abortBefore(ABORT_MARGIN);
  const [swept, announced, atRisk, expired, accountEnds] = await settleAll([
    sweep(deps, signal),
    publishOutcomes(deps, signal),
    followAndRemind({ ...deps, follow: createClassFollower(deps, signal) }, minute),
    minute % 60 === 0 ? deps.sessions.cleanupExpiredSessions(timeout.abortBefore(CLEANUP_ABORT_MARGIN)) : 0,
    startAccountEnds(accountEndsDeps, minute),
  ]);
  return { ...swept, announced, atRisk, expired, accountEnds };
});
