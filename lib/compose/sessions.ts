import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AimHarder } from '../aimharder/client.ts';
import { originsFrom } from '../aimharder/origins.ts';
import { forgetPassword, KeptPasswords } from '../login/kept-passwords.ts';
import { LoginThrottle } from '../login/login-throttle.ts';
import { reloginWithKeptPassword } from '../login/relogin.ts';
import type { Documents } from '../platform/dynamodb.ts';
import { type Environment, required } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { saltFrom } from '../platform/secrets.ts';
import { leaveToWheel, notifyMember, reloginOrLeaveToWheel, reloginOrNotify } from '../refresh/recover-session.ts';
import { SessionRefresher, type SessionRefresherDeps } from '../refresh/refresh-session.ts';
import { parseWheel, partitionsOf } from '../refresh/timing-wheel.ts';
import { authenticate } from '../sessions/access-token.ts';
import { LoginWrites } from '../sessions/login-writes.ts';
import { SessionState } from '../sessions/session-state.ts';
import { SessionStore } from '../sessions/session-store.ts';
import { SessionTokens } from '../sessions/session-tokens.ts';
import { clock, composeKeys, composeMeasure, composePublish } from './base.ts';

export const composeSessions = (environment: Environment, client: Documents) =>
  new SessionStore({ documents: client, table: required(environment, 'SESSIONS_TABLE').SESSIONS_TABLE, clock });

/** Turns a bearer token into the device session it belongs to. */
export const composeAuthenticate = (sessions: SessionStore) => (bearer: string | undefined) =>
  authenticate(sessions, bearer, clock.now());

/** What only a login needs: the salt of the background fingerprints. */
const composeSalt = (environment: Environment) =>
  saltFrom(new SecretsManagerClient({}), required(environment, 'SALT_SECRET_ID').SALT_SECRET_ID, clock);

const sessionTable = (environment: Environment, client: Documents) => ({
  documents: client,
  table: required(environment, 'SESSIONS_TABLE').SESSIONS_TABLE,
  clock,
});

const tokenParts = (environment: Environment, client: Documents, sessions: SessionStore) => ({
  ...sessionTable(environment, client),
  secrets: composeKeys(environment),
  sessions,
  refreshPartitions: partitionsOf(parseWheel(environment)),
});

const composeLogins = (environment: Environment, client: Documents, sessions: SessionStore) =>
  new LoginWrites(tokenParts(environment, client, sessions));

/** @param connections the most to one host; a request that waits for one has less time left for its answer. */
const composeAimHarder = (environment: Environment, connections?: number) =>
  new AimHarder({ origins: originsFrom(environment), clock, connections });

/** Dependencies for refreshing sessions: all but what becomes of dead ones. */
const refreshParts = (
  environment: Environment,
  client: Documents,
  sessions: SessionStore,
  connections?: number,
): Omit<SessionRefresherDeps, 'recover'> & { readonly sessions: SessionStore; readonly state: SessionState } => ({
  aimHarder: composeAimHarder(environment, connections),
  sessions,
  tokens: new SessionTokens(tokenParts(environment, client, sessions)),
  state: new SessionState(sessionTable(environment, client)),
  ...{ clock, logger, measure: composeMeasure(environment) },
});

export const composeKeptPasswords = (environment: Environment, client: Documents) =>
  new KeptPasswords({
    documents: client,
    table: required(environment, 'CREDENTIALS_TABLE').CREDENTIALS_TABLE,
    clock,
    secrets: composeKeys(environment),
  });

export const composeForgetPassword = (environment: Environment, client: Documents) =>
  forgetPassword({ documents: client, table: required(environment, 'CREDENTIALS_TABLE').CREDENTIALS_TABLE });

/** Dependencies for calling AimHarder on a member's behalf; a dead background session is left to the timing wheel. */
export function composeUpstream(environment: Environment, client: Documents, sessions: SessionStore) {
  const parts = refreshParts(environment, client, sessions);
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover: leaveToWheel }) };
}

/** As `composeUpstream`, for the planner: it notifies the member of a dead background session. */
export function composePlannerUpstream(environment: Environment, client: Documents, sessions: SessionStore) {
  const parts = refreshParts(environment, client, sessions);
  const recover = notifyMember({ ...parts, publish: composePublish(environment) });
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover }) };
}

/** As `composeUpstream`, for firing: it logs a dead background session in again. */
export function composeFiringUpstream(environment: Environment, client: Documents, sessions: SessionStore) {
  const parts = refreshParts(environment, client, sessions);
  const recover = reloginOrLeaveToWheel(composeRelogin(environment, client, parts));
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover }) };
}

/**
 * As `composeUpstream`, for the timing wheel: it logs dead background sessions in again, or notifies their members.
 *
 * @param connections the most to one host; a request that waits for one has less time left for its answer.
 */
export function composeWheelUpstream(
  environment: Environment,
  client: Documents,
  sessions: SessionStore,
  connections: number,
) {
  const parts = refreshParts(environment, client, sessions, connections);
  const relogin = composeRelogin(environment, client, parts);
  const recover = reloginOrNotify({ ...parts, relogin, publish: composePublish(environment) });
  return { ...parts, refresher: new SessionRefresher({ ...parts, recover }) };
}

const composeRelogin = (environment: Environment, client: Documents, parts: ReturnType<typeof refreshParts>) =>
  reloginWithKeptPassword({
    ...parts,
    logins: composeLogins(environment, client, parts.sessions),
    keptPasswords: composeKeptPasswords(environment, client),
  });

/** Dependencies for logging a member in. */
export const composeLogin = (environment: Environment, client: Documents, sessions: SessionStore) => ({
  aimHarder: composeAimHarder(environment),
  sessions,
  state: new SessionState(sessionTable(environment, client)),
  logins: composeLogins(environment, client, sessions),
  secrets: composeSalt(environment),
  throttle: composeThrottle(environment, client),
  ...{ clock, logger },
});

const composeThrottle = (environment: Environment, client: Documents) =>
  new LoginThrottle({
    documents: client,
    table: required(environment, 'LOGIN_ATTEMPTS_TABLE').LOGIN_ATTEMPTS_TABLE,
    clock,
  });
