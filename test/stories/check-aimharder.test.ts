import { expect, inject, test } from 'vitest';
import { environmentFor } from '../../infra/catalog/function-definition.ts';
import { FUNCTIONS } from '../../infra/catalog/functions.ts';
import { installationValues, lambdaVariables } from '../../infra/local/installation.ts';
import { startLambda } from '../../infra/local/lambda.ts';
import { startSecretsManager } from '../../infra/local/secrets-manager.ts';
import { type SimulatorOptions, startSimulator } from '../../infra/simulator/simulator.ts';
import { startCloudWatch } from '../support/doctor/cloudwatch.ts';

/** The scheduled check of AimHarder as it is deployed: its bundle, its environment, its secret, its alarm. */

const CHECK = 'check-aimharder';
const SECRET = 'arn:aws:secretsmanager:eu-south-2:123456789012:secret:on-the-dot-doctor-a1B2c3';
const ALARM = 'on-the-dot-prod-aimharder-changed';

/** Runs the check once against a simulator. @returns its result, the alarm that it has raised, and all that it wrote. */
async function check(options: SimulatorOptions, password?: string) {
  const simulator = await startSimulator(options);
  const account = { email: 'ada.lovelace@example.com', password: password ?? simulator.demo.password };
  const secrets = await startSecretsManager(new Map([[SECRET, JSON.stringify(account)]]));
  const alarms = await startCloudWatch();
  const lines: string[] = [];
  const environment = environmentFor(FUNCTIONS[CHECK], {
    ...installationValues(simulator.origins),
    DOCTOR_SECRET_ID: SECRET,
    DOCTOR_ALARM_NAME: ALARM,
  });
  const lambda = await startLambda({
    bundles: inject('bundles'),
    environmentOf: (name) => ({
      ...lambdaVariables(name),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: alarms.endpoint,
      ...environment,
    }),
    log: (line) => lines.push(line),
  });
  const { functionError, payload } = await lambda.invoke(CHECK, {});
  await lambda.stop();
  for (const { stop } of [alarms, secrets]) stop();
  await simulator.stop();
  const [alarm, ...others] = alarms.requests;
  expect(others).toEqual([]);
  expect(simulator.record.bookings).toEqual([]);
  const written = `${JSON.stringify({ alarm, payload })}\n${lines.join('\n')}`;
  for (const secret of [account.email, account.password, 'lovelace', 'crossfit-demo', 'amhrdrauth='])
    expect(written.toLowerCase()).not.toContain(secret.toLowerCase());
  return { functionError, payload, alarm, written };
}

test.concurrent('at an unchanged AimHarder the check succeeds, logs each fact, and raises no alarm', async () => {
  const { functionError, payload, alarm, written } = await check({});

  expect({ functionError, alarm }).toEqual({ functionError: undefined, alarm: undefined });
  expect(payload).toEqual({ facts: expect.any(Number) });
  expect(written).toContain('"event":"fact-checked","requestId":');
  expect(written).toContain('"fact":"login","verdict":"ok"');
});

test.concurrent('a fact that has changed raises the alarm with its name, and fails the run', async () => {
  const { functionError, alarm } = await check({ tokenUpdate: '404' });

  expect(functionError).toBe('Unhandled');
  expect(alarm).toEqual({
    AlarmName: ALARM,
    StateValue: 'ALARM',
    StateReason: expect.stringMatching(/^AimHarder has changed: tokenUpdate\. tokenUpdate: is gone: status 404/),
  });
});

test.concurrent.each([
  [
    'an earlier login',
    { generation: 2025 } as const,
    undefined,
    /^AimHarder has changed: login; refusal; old form login\. /,
  ],
  ['a refused address', { refusesAddress: 403 } as const, undefined, /refuses this address \(403 or 429\)/],
  ['a wrong password', {}, 'wrong-password-of-ada', /refuses the e-mail or the password in the secret/],
])('%s is the reason of the alarm', async (_name, options, password, reason) => {
  expect((await check(options, password)).alarm).toMatchObject({ StateReason: expect.stringMatching(reason) });
});
