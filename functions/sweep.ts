import type { Context } from 'aws-lambda';
import { composeArming, composeDocuments, composePublish, composeSessions } from '../lib/compose.ts';
import { allDone } from '../lib/platform/all-done.ts';
import { scheduledMinute } from '../lib/platform/schedule.ts';
import { announce } from '../lib/prebookings/announce.ts';
import { sweep } from '../lib/prebookings/sweep.ts';

const documents = composeDocuments();
const sessions = composeSessions(process.env, documents);
const deps = { ...composeArming(process.env, documents), publish: composePublish(process.env) };

/** Every minute, for pre-bookings, those that have ended included; at the full hour also for device sessions whose 7 days are over. */
export async function handler(event: unknown, context: Context) {
  const hourly = scheduledMinute(event) % 60 === 0;
  const [swept, announced, expired] = await allDone([
    sweep(deps, AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - 1_000))),
    announce(deps),
    hourly ? sessions.cleanupExpiredSessions() : 0,
  ]);
  return { ...swept, announced, expired };
}
