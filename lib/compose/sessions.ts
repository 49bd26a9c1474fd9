import { AimHarder } from '../aimharder/client.ts';
import { originsFrom } from '../aimharder/origins.ts';
import { atInvocationEnd } from '../platform/invocation.ts';
import { logger } from '../platform/logger.ts';
import { countPartitions, parseWheel } from '../refresh/timing-wheel.ts';
import { SessionState } from '../sessions/session-state.ts';
import { SessionStore } from '../sessions/session-store.ts';
import { Tombstones } from '../sessions/tombstones.ts';
import { type Base, clock, composeKeys, composeTable } from './base.ts';

/** The base of a Lambda function that reads sessions. */
export type SessionBase = Base & { readonly sessions: SessionStore };

const composeSessionTable = (base: Base) => ({ ...composeTable(base, 'SESSIONS_TABLE'), clock });

export const composeSessions = (base: Base) => new SessionStore({ ...composeSessionTable(base), logger });

export const composeTombstones = (base: Base) => new Tombstones(composeTable(base, 'TOMBSTONES_TABLE'));

export const withSessions = (base: Base): SessionBase => ({ ...base, sessions: composeSessions(base) });

/** Composes the dependencies for writing tokens. */
export const composeTokenWrites = (base: SessionBase) => ({
  ...composeSessionTable(base),
  secrets: composeKeys(base),
  sessions: base.sessions,
  refreshPartitions: countPartitions(parseWheel(base.environment)),
});

export const composeSessionState = (base: Base) => new SessionState(composeSessionTable(base));

/**
 * Composes the client of AimHarder. Its connections end with every invocation.
 *
 * @param connections the largest number of connections to one host, 50 by default. A request that has to wait for a connection has
 *   less time for its answer.
 */
export function composeAimHarder({ environment }: Base, connections?: number): AimHarder {
  const aimHarder = new AimHarder({ origins: originsFrom(environment), clock, connections });
  atInvocationEnd(() => aimHarder.close());
  return aimHarder;
}
