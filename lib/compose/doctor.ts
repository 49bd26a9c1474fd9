import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { originsFrom } from '../aimharder/origins.ts';
import { AccountDocument } from '../doctor/account.ts';
import type { CheckDeps } from '../doctor/check-aimharder.ts';
import { examine } from '../doctor/examine.ts';
import { knownChangesFrom } from '../doctor/known-changes.ts';
import { alarmRaiser } from '../doctor/raise-alarm.ts';
import { CLIENT_LIMITS } from '../platform/aws-client.ts';
import { type Environment, readRequired } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { readSecret } from '../platform/secrets.ts';
import { clock } from './base.ts';

/**
 * Composes the scheduled check of AimHarder. It uses no table, because it asks with the operator's account alone, from a secret.
 *
 * @returns a function that builds the parts of one check.
 */
export function composeCheck(environment: Environment) {
  const { DOCTOR_SECRET_ID, DOCTOR_ALARM_NAME } = readRequired(environment, 'DOCTOR_SECRET_ID', 'DOCTOR_ALARM_NAME');
  const secrets = new SecretsManagerClient(CLIENT_LIMITS);
  const origins = originsFrom(environment);
  const shared = {
    readLogin: () => readSecret(secrets, DOCTOR_SECRET_ID, AccountDocument),
    raiseAlarm: alarmRaiser(new CloudWatchClient(CLIENT_LIMITS), DOCTOR_ALARM_NAME),
    knownChanges: knownChangesFrom(environment),
    logger,
  };
  return (signal: AbortSignal): CheckDeps => ({
    ...shared,
    examine: (login) => examine({ origins, login, clock, signal }),
  });
}
