import type { Context } from 'aws-lambda';
import { composeDocuments, composePublish } from '../lib/compose/base.ts';
import { composeArming } from '../lib/compose/prebookings.ts';
import { composeSessions } from '../lib/compose/sessions.ts';
import { inRequest } from '../lib/platform/logger.ts';
import { scheduledMinute } from '../lib/platform/scheduled-minute.ts';
import { settleAll } from '../lib/platform/settle-all.ts';
import { publishAtRisk } from '../lib/prebookings/publish-at-risk.ts';
import { publishOutcomes } from '../lib/prebookings/publish-outcomes.ts';
import { sweep } from '../lib/prebookings/sweep.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const deps = { ...composeArming(process.env, documents), sessions, publish: composePublish(process.env) };

/**
 * Every minute, for pre-bookings, those that have ended or are at risk included; at the full hour also for device sessions
 * whose 7 days are over.
 */
export const handler = inRequest(async (event: unknown, context: Context) => {
  const minute = scheduledMinute(event);
  const hourly = minute % 60 === 0;
  const before = (margin: number) => AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - margin));
  const [swept, announced, atRisk, expired] = await settleAll([
    sweep(deps, before(1_000)),
    publishOutcomes(deps),
    publishAtRisk(deps, minute),
    // A page that it has begun takes a moment more.
    hourly ? sessions.cleanupExpiredSessions(before(5_000)) : 0,
  ]);
  return { ...swept, announced, atRisk, expired };
});
