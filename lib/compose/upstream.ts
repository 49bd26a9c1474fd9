import { reloginWithKeptPassword } from '../login/relogin.ts';
import { readPositiveInteger } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { dueIndex } from '../refresh/due-index.ts';
import { leaveToWheel, reloginOrLeaveToWheel, reloginOrNotify } from '../refresh/recover-session.ts';
import { SessionRefresher } from '../refresh/refresh-session.ts';
import { workerStarter } from '../refresh/refresh-worker.ts';
import { parseWheel } from '../refresh/timing-wheel.ts';
import { WheelCursor } from '../refresh/wheel-cursor.ts';
import { ReloginWrites } from '../sessions/relogin-writes.ts';
import { SessionTokens } from '../sessions/session-tokens.ts';
import { type Base, clock, composeMeasure, composePublish, composeTable } from './base.ts';
import { composeKeptPasswords } from './login.ts';
import {
  composeAimHarder,
  composeSessionState,
  composeTokenWrites,
  type SessionBase,
  withSessions,
} from './sessions.ts';
import { composeStart } from './start.ts';

/**
 * Composes the dependencies for refreshing sessions, without the recovery of dead sessions.
 *
 * @param connections the largest number of connections to one host of AimHarder.
 */
function composeRefreshParts(base: SessionBase, connections?: number) {
  const tokenWrites = composeTokenWrites(base);
  const parts = {
    aimHarder: composeAimHarder(base, connections),
    sessions: base.sessions,
    tokens: new SessionTokens(tokenWrites),
    state: composeSessionState(base),
    clock,
    logger,
    measure: composeMeasure(base),
  };
  return { parts, tokenWrites };
}

/** Composes the relogin of a dead background session. */
const composeRelogin = (base: SessionBase, { parts, tokenWrites }: ReturnType<typeof composeRefreshParts>) =>
  reloginWithKeptPassword({
    ...parts,
    relogins: new ReloginWrites(tokenWrites),
    keptPasswords: composeKeptPasswords(base, tokenWrites.secrets),
  });

/** Composes the dependencies for calling AimHarder on a member's behalf. Leaves dead background sessions to the timing wheel. */
export function composeUpstream(base: SessionBase) {
  const { parts } = composeRefreshParts(base);
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover: leaveToWheel }) };
}

/**
 * Composes the dependencies for calling AimHarder from firings and their preparations. Unlike those of `composeUpstream`, they
 * log a dead background session in again.
 */
export function composeFiringUpstream(base: SessionBase) {
  const refresh = composeRefreshParts(base);
  const { parts } = refresh;
  const recover = reloginOrLeaveToWheel(composeRelogin(base, refresh));
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover }) };
}

/**
 * How long a run may take for the work that it does without workers, in seconds: until the next minute's run begins. One unit of
 * work is a second of one of the run's concurrent loops.
 */
const OWN_SECONDS = 60;

/**
 * Composes the dependencies for the timing wheel's run of every minute. The run logs dead background sessions in again, or
 * notifies their members.
 */
export function composeWheel(baseWithoutSessions: Base) {
  const base = withSessions(baseWithoutSessions);
  const { environment } = base;
  const concurrency = readPositiveInteger(environment, 'REFRESH_CONCURRENCY', 50);
  const refresh = composeRefreshParts(base, concurrency);
  const { parts } = refresh;
  const recover = reloginOrNotify({ ...parts, relogin: composeRelogin(base, refresh), publish: composePublish(base) });
  const sessionTable = composeTable(base, 'SESSIONS_TABLE');
  return {
    ...parts,
    refresher: new SessionRefresher({ ...parts, recover }),
    cursor: new WheelCursor(sessionTable),
    keysIn: dueIndex(sessionTable),
    wheel: parseWheel(environment),
    concurrency,
    maxWorkOfRun: concurrency * OWN_SECONDS,
    startWorker: workerStarter(composeStart(base, 'REFRESH_FUNCTION_ARN')),
  };
}
