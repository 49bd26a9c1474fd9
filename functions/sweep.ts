import type { Context } from 'aws-lambda';
import { composeArming, composeDocuments, composePublish, composeSessions } from '../lib/compose.ts';
import { scheduledMinute } from '../lib/platform/schedule.ts';
import { announce } from '../lib/prebookings/announce.ts';
import { remindAtRisk } from '../lib/prebookings/remind.ts';
import { sweep } from '../lib/prebookings/sweep.ts';

const documents = composeDocuments();
const sessions = composeSessions(process.env, documents);
const deps = { ...composeArming(process.env, documents), sessions, publish: composePublish(process.env) };

/**
 * Every minute, for pre-bookings, those that have ended or are at risk included; at the full hour also for device sessions
 * whose 7 days are over.
 */
export async function handler(event: unknown, context: Context) {
  const minute = scheduledMinute(event);
  const hourly = minute % 60 === 0;
  const [swept, announced, atRisk, expired] = await Promise.all([
    sweep(deps, AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - 1_000))),
    announce(deps),
    remindAtRisk(deps, minute),
    hourly ? sessions.cleanupExpiredSessions() : 0,
  ]);
  return { ...swept, announced, atRisk, expired };
}
