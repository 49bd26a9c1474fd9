import { clock, composeBase } from '../lib/compose/base.ts';
import { composeWheel } from '../lib/compose/upstream.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';
import { scheduledMinute } from '../lib/platform/scheduled-minute.ts';
import { refreshDueSessions } from '../lib/refresh/refresh-due-sessions.ts';
import { assertNotInFuture } from '../lib/refresh/timing-wheel.ts';

/** A session needs at most this long, in milliseconds: AimHarder may take 8 s for an answer, and the write a moment. */
const LONGEST_SESSION = 15_000;

/** Left for recording where the run stopped, in milliseconds. */
const RECORDING = 1_000;

const deps = composeWheel(composeBase(process.env));

/** Every minute: refreshes the sessions in that minute's slot. */
export const handler = backgroundFunction(async (event, timeout) => {
  const lastStart = timeout.instantBefore(LONGEST_SESSION);
  const minute = assertNotInFuture(scheduledMinute(event, clock), clock.now());
  return refreshDueSessions(deps, minute, lastStart, timeout.abortBefore(RECORDING));
});
