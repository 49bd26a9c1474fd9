import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { aimHarderClient } from '../aimharder/client.ts';
import { originsFrom } from '../aimharder/origins.ts';
import { forgetPassword, keptPasswords } from '../login/kept-passwords.ts';
import { loginThrottle } from '../login/login-throttle.ts';
import { reloginWithKeptPassword } from '../login/relogin.ts';
import type { Documents } from '../platform/dynamodb.ts';
import { type Environment, required } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { saltFrom } from '../platform/secrets.ts';
import type { MemberUpstream } from '../refresh/refresh-session.ts';
import { parseWheel, partitionsOf } from '../refresh/timing-wheel.ts';
import { authenticate } from '../sessions/access-token.ts';
import { type SessionStore, sessionStore } from '../sessions/session-store.ts';
import { sessionTokens } from '../sessions/session-tokens.ts';
import { clock, composeKeys, composeMeasure } from './base.ts';

export const composeSessions = (environment: Environment, client: Documents) =>
  sessionStore({ documents: client, table: required(environment, 'SESSIONS_TABLE').SESSIONS_TABLE, clock });

/** Turns a bearer token into the device session it belongs to. */
export const composeAuthenticate = (sessions: SessionStore) => (bearer: string | undefined) =>
  authenticate(sessions, bearer, clock.now());

/** What only a login needs: the salt of the background fingerprints. */
export const composeSalt = (environment: Environment) =>
  saltFrom(new SecretsManagerClient({}), required(environment, 'SALT_SECRET_ID').SALT_SECRET_ID, clock);

/**
 * What asking AimHarder in a member's name takes: the client, and sessions whose tokens may be written.
 *
 * @param connections the most to one host; a request that waits for one has less time left for its answer.
 */
export function composeRefresh(
  environment: Environment,
  client: Documents,
  sessions: SessionStore,
  connections?: number,
): MemberUpstream {
  const { SESSIONS_TABLE: table } = required(environment, 'SESSIONS_TABLE');
  const tokens = sessionTokens({
    documents: client,
    table,
    clock,
    secrets: composeKeys(environment),
    sessions,
    refreshPartitions: partitionsOf(parseWheel(environment)),
  });
  const aimHarder = aimHarderClient({ origins: originsFrom(environment), clock, connections });
  return { aimHarder, sessions, tokens, clock, logger, measure: composeMeasure(environment) };
}

export const composeCredentials = (environment: Environment, client: Documents) =>
  keptPasswords({
    documents: client,
    table: required(environment, 'CREDENTIALS_TABLE').CREDENTIALS_TABLE,
    clock,
    secrets: composeKeys(environment),
  });

export const composeForgetCredentials = (environment: Environment, client: Documents) =>
  forgetPassword({ documents: client, table: required(environment, 'CREDENTIALS_TABLE').CREDENTIALS_TABLE });

/** As `composeRefresh`, for the functions that may log a dead background session in again. */
export function composeHealingRefresh(
  environment: Environment,
  client: Documents,
  sessions: SessionStore,
  connections?: number,
): MemberUpstream {
  const deps = composeRefresh(environment, client, sessions, connections);
  return {
    ...deps,
    relogin: reloginWithKeptPassword({ ...deps, keptPasswords: composeCredentials(environment, client) }),
  };
}

export const composeLoginAttempts = (environment: Environment, client: Documents) =>
  loginThrottle({
    documents: client,
    table: required(environment, 'LOGIN_ATTEMPTS_TABLE').LOGIN_ATTEMPTS_TABLE,
    clock,
  });
