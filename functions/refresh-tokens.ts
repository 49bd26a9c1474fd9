import type { Context } from 'aws-lambda';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeSessions, composeWheelUpstream } from '../lib/compose/sessions.ts';
import { positiveInteger, required } from '../lib/platform/environment.ts';
import { inRequest } from '../lib/platform/logger.ts';
import { scheduledMinute } from '../lib/platform/scheduled-minute.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { dueIndex } from '../lib/refresh/due-index.ts';
import { refreshDueSessions } from '../lib/refresh/refresh-due-sessions.ts';
import { assertNotInFuture, parseWheel } from '../lib/refresh/timing-wheel.ts';
import { WheelCursor } from '../lib/refresh/wheel-cursor.ts';

/** No session is begun when less than this is left, in milliseconds: an answer may take 8 s, and its writing a moment. */
const LAST_START = 15_000;

const RECORDING = 1_000;

const documents = composeDocuments();

const { SESSIONS_TABLE: table } = required(process.env, 'SESSIONS_TABLE');

const concurrency = positiveInteger(process.env, 'REFRESH_CONCURRENCY', 50);

const deps = {
  ...composeWheelUpstream(process.env, documents, composeSessions(process.env, documents), concurrency),
  cursor: new WheelCursor({ documents, table }),
  wheel: parseWheel(process.env),
  concurrency,
  keysIn: dueIndex({ documents, table }),
};

/** Every minute: refreshes the sessions in that minute's slot. */
export const handler = inRequest(async (event: unknown, context: Context) => {
  const left = context.getRemainingTimeInMillis();
  const lastStart = systemClock.monotonic() + left - LAST_START;
  const minute = assertNotInFuture(scheduledMinute(event), systemClock.now());
  try {
    return await refreshDueSessions(deps, minute, lastStart, AbortSignal.timeout(Math.max(0, left - RECORDING)));
  } finally {
    // AimHarder's balancer closes them after 60 s, about when the next run starts, and a frozen function does not hear it.
    deps.aimHarder.close();
  }
});
