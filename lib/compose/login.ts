import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { forgetPassword, KeptPasswords } from '../login/kept-passwords.ts';
import { LoginThrottle } from '../login/login-throttle.ts';
import { required } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { saltFrom } from '../platform/secrets.ts';
import { type Base, clock, composeKeys, composeTable } from './base.ts';
import { composeBoxes } from './boxes.ts';
import { composeAimHarder, composeLoginWrites, composeSessionState, type SessionBase } from './sessions.ts';

export const composeKeptPasswords = (base: Base) =>
  new KeptPasswords({ ...composeTable(base, 'CREDENTIALS_TABLE'), clock, secrets: composeKeys(base) });

export const composeForgetPassword = (base: Base) => forgetPassword(composeTable(base, 'CREDENTIALS_TABLE'));

/** Composes the source of the background fingerprints' salt, which only a login needs. */
const composeSalt = ({ environment }: Base) =>
  saltFrom(new SecretsManagerClient({}), required(environment, 'SALT_SECRET_ID').SALT_SECRET_ID, clock);

/** Composes the dependencies for logging a member in. */
export const composeLogin = (base: SessionBase) => ({
  aimHarder: composeAimHarder(base),
  sessions: base.sessions,
  state: composeSessionState(base),
  logins: composeLoginWrites(base),
  boxes: composeBoxes(base),
  secrets: composeSalt(base),
  throttle: new LoginThrottle({ ...composeTable(base, 'LOGIN_ATTEMPTS_TABLE'), clock }),
  keptPasswords: composeKeptPasswords(base),
  clock,
  logger,
});
