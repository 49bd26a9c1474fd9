import type { Context } from 'aws-lambda';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeBookings, composeOrder } from '../lib/compose/prebookings.ts';
import { composePlans } from '../lib/compose/routines.ts';
import { composePlannerUpstream, composeSessions } from '../lib/compose/sessions.ts';
import { inRequest } from '../lib/platform/logger.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { planRoutines } from '../lib/routines/plan-routines.ts';

/** Members planned for at the same time. */
const CONCURRENCY = 20;

/** No member is begun when less than this is left, in milliseconds: asking AimHarder for some classes may take so long. */
const LAST_START = 35_000;

const RECORDING = 2_000;

const documents = composeDocuments();

const deps = {
  ...composePlannerUpstream(process.env, documents, composeSessions(process.env, documents)),
  ...composeOrder(process.env, documents),
  plans: composePlans(process.env, documents),
  bookings: composeBookings(process.env, documents),
  concurrency: CONCURRENCY,
};

/** Every minute: orders the coming classes of the routines that are due. */
export const handler = inRequest(async (_event: unknown, context: Context) => {
  const left = context.getRemainingTimeInMillis();
  const lastStart = systemClock.monotonic() + left - LAST_START;
  return planRoutines(deps, lastStart, AbortSignal.timeout(Math.max(0, left - RECORDING)));
});
