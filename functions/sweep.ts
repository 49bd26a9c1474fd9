import type { Context } from 'aws-lambda';
import { composeDocuments, composePrebookings, composeSessions, composeWakeUps } from '../lib/compose.ts';
import { logger } from '../lib/platform/logger.ts';
import { scheduledMinute } from '../lib/platform/schedule.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { sweep } from '../lib/prebookings/sweep.ts';

const documents = composeDocuments();
const sessions = composeSessions(process.env, documents);
const deps = {
  prebookings: composePrebookings(process.env, documents),
  wakeUps: composeWakeUps(process.env),
  clock: systemClock,
  logger,
};

/** Every minute, for pre-bookings; at the full hour also for device sessions whose 7 days are over. */
export async function handler(event: unknown, context: Context) {
  const hourly = scheduledMinute(event) % 60 === 0;
  const [swept, expired] = await Promise.all([
    sweep(deps, AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - 1_000))),
    hourly ? sessions.cleanupExpiredSessions() : 0,
  ]);
  return { ...swept, expired };
}
