import { reloginWithKeptPassword } from '../login/relogin.ts';
import { positiveInteger } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { dueIndex } from '../refresh/due-index.ts';
import { leaveToWheel, notifyMember, reloginOrLeaveToWheel, reloginOrNotify } from '../refresh/recover-session.ts';
import { SessionRefresher, type SessionRefresherDeps } from '../refresh/refresh-session.ts';
import { parseWheel } from '../refresh/timing-wheel.ts';
import { WheelCursor } from '../refresh/wheel-cursor.ts';
import type { SessionState } from '../sessions/session-state.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { type Base, clock, composeMeasure, composePublish, composeTable } from './base.ts';
import { composeKeptPasswords } from './login.ts';
import {
  composeAimHarder,
  composeReloginWrites,
  composeSessionState,
  composeTokens,
  type SessionBase,
  withSessions,
} from './sessions.ts';

/** Dependencies for refreshing sessions: all but what becomes of dead ones. */
type RefreshParts = Omit<SessionRefresherDeps, 'recover'> & {
  readonly sessions: SessionStore;
  readonly state: SessionState;
};

const composeRefreshParts = (base: SessionBase, connections?: number): RefreshParts => ({
  aimHarder: composeAimHarder(base, connections),
  sessions: base.sessions,
  tokens: composeTokens(base),
  state: composeSessionState(base),
  clock,
  logger,
  measure: composeMeasure(base),
});

const composeRelogin = (base: SessionBase, parts: RefreshParts) =>
  reloginWithKeptPassword({
    ...parts,
    relogins: composeReloginWrites(base),
    keptPasswords: composeKeptPasswords(base),
  });

/** Composes the dependencies for calling AimHarder on a member's behalf. A dead background session is left to the timing wheel. */
export function composeUpstream(base: SessionBase) {
  const parts = composeRefreshParts(base);
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover: leaveToWheel }) };
}

/** As `composeUpstream`, for the planner: it notifies the member of a dead background session. */
export function composePlannerUpstream(base: SessionBase) {
  const parts = composeRefreshParts(base);
  const recover = notifyMember({ ...parts, publish: composePublish(base) });
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover }) };
}

/** As `composeUpstream`, for firing: it logs a dead background session in again. */
export function composeFiringUpstream(base: SessionBase) {
  const parts = composeRefreshParts(base);
  const recover = reloginOrLeaveToWheel(composeRelogin(base, parts));
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover }) };
}

/**
 * Composes the dependencies for the timing wheel's run of every minute. It logs dead background sessions in again, or
 * notifies their members.
 */
export function composeWheel(withoutSessions: Base) {
  const base = withSessions(withoutSessions);
  const { environment } = base;
  const concurrency = positiveInteger(environment, 'REFRESH_CONCURRENCY', 50);
  const parts = composeRefreshParts(base, concurrency);
  const recover = reloginOrNotify({ ...parts, relogin: composeRelogin(base, parts), publish: composePublish(base) });
  const sessionTable = composeTable(base, 'SESSIONS_TABLE');
  return {
    ...parts,
    refresher: new SessionRefresher({ ...parts, recover }),
    cursor: new WheelCursor(sessionTable),
    keysIn: dueIndex(sessionTable),
    wheel: parseWheel(environment),
    concurrency,
  };
}
