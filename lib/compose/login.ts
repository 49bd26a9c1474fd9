import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { allowedEmailsFrom } from '../login/allowed-emails.ts';
import { forgetPassword, KeptPasswords } from '../login/kept-passwords.ts';
import { KnownOriginStore } from '../login/known-origins.ts';
import { LoginThrottle } from '../login/login-throttle.ts';
import { respectTombstones } from '../login/respect-tombstones.ts';
import { CLIENT_LIMITS } from '../platform/aws-client.ts';
import { readRequired } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { type KeySource, saltSource } from '../platform/secrets.ts';
import { LoginWrites } from '../sessions/login-writes.ts';
import { type Base, clock, composeTable } from './base.ts';
import { composeBoxes } from './boxes.ts';
import { composeSubscriptions } from './push.ts';
import {
  composeAimHarder,
  composeSessionState,
  composeTokenWrites,
  composeTombstones,
  type SessionBase,
} from './sessions.ts';

/** Composes the store of the kept passwords. @param secrets the source of the keys that encrypt them. */
export const composeKeptPasswords = (base: Base, secrets: KeySource) =>
  new KeptPasswords({ ...composeTable(base, 'CREDENTIALS_TABLE'), clock, secrets });

/** Composes the function that deletes a member's kept password. Unlike the store, it needs no encryption key. */
export function composeForgetPassword(base: Base) {
  const table = composeTable(base, 'CREDENTIALS_TABLE');
  return (email: string) => forgetPassword(table, email);
}

/** Composes the source of the background fingerprints' salt, which only a login needs. */
const composeSalt = ({ environment }: Base) =>
  saltSource(new SecretsManagerClient(CLIENT_LIMITS), readRequired(environment, 'SALT_SECRET_ID').SALT_SECRET_ID, {
    clock,
    logger,
  });

/** Composes the dependencies for logging a member in. */
export function composeLogin(base: SessionBase) {
  const tokenWrites = composeTokenWrites(base);
  const state = composeSessionState(base);
  const tombstones = composeTombstones(base);
  const subscriptions = composeSubscriptions(base);
  const attemptsTable = { ...composeTable(base, 'LOGIN_ATTEMPTS_TABLE'), clock };
  return {
    aimHarder: composeAimHarder(base),
    sessions: base.sessions,
    state,
    tombstones,
    logins: respectTombstones(new LoginWrites(tokenWrites), state, tombstones.isRaised),
    boxes: composeBoxes(base),
    secrets: composeSalt(base),
    throttle: new LoginThrottle(attemptsTable),
    knownOrigins: new KnownOriginStore(attemptsTable),
    endPush: (email: string, fingerprint: string) => subscriptions.removeAllOf(email, fingerprint),
    keptPasswords: composeKeptPasswords(base, tokenWrites.secrets),
    isInvited: allowedEmailsFrom(base.environment),
    clock,
    logger,
  };
}
