import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, onTestFinished, test } from 'vitest';
import { startSecretsManager } from '../../infra/local/secrets-manager.ts';
import { AccountDocument } from '../../lib/doctor/account.ts';
import { type CheckDeps, checkAimHarder } from '../../lib/doctor/check-aimharder.ts';
import type { Examination } from '../../lib/doctor/examine.ts';
import { defineFact, type Finding } from '../../lib/doctor/finding.ts';
import { knownChangesFrom } from '../../lib/doctor/known-changes.ts';
import { LOGIN_FACTS } from '../../lib/doctor/login-facts.ts';
import { alarmRaiser } from '../../lib/doctor/raise-alarm.ts';
import { jsonLogger } from '../../lib/platform/logger.ts';
import { readSecret } from '../../lib/platform/secrets.ts';
import { startCloudWatch } from '../support/doctor/cloudwatch.ts';

/** What the scheduled check does with what it finds. What it finds at each switch of the simulator is in switches.test.ts. */

const ACCOUNT = { email: 'ada@example.com', password: 'pass-of-ada' };
const AWS = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } } as const;

const found = (...findings: readonly Finding[]): Examination => ({
  findings,
  loginRefused: false,
  addressRefused: false,
});
const rows = defineFact('timetable: rows', 'Check lib/aimharder/listing.ts.');

/** Runs the check. @returns its result or failure, the reasons of the alarm, and the log. */
async function check(deps: Partial<CheckDeps>) {
  const reasons: string[] = [];
  const lines: string[] = [];
  const result = await checkAimHarder({
    readLogin: async () => ACCOUNT,
    examine: async () => found(),
    raiseAlarm: async (reason) => void reasons.push(reason),
    knownChanges: new Set(),
    logger: jsonLogger({ now: () => 0 }, (line) => lines.push(line)),
    ...deps,
  }).then(
    (value) => value,
    (error: Error) => error.message,
  );
  return { result, reasons, log: lines.join('') };
}

test('the alarm’s reason names each fact that has changed first, then what was found and what it means', async () => {
  const { result, reasons, log } = await check({
    examine: async () =>
      found(LOGIN_FACTS.login.ok('as ever'), rows.changed('limit is gone'), LOGIN_FACTS.token.changed('none')),
  });

  expect(reasons).toEqual([
    'AimHarder has changed: timetable: rows; refresh token. timetable: rows: limit is gone. Check lib/aimharder/listing.ts. ' +
      'refresh token: none. tokenUpdate may not renew what the login gives. See lib/aimharder/login.ts.',
  ]);
  // The run fails, so the alarm's metric keeps it ringing.
  expect(result).toBe(reasons[0]);
  expect(
    log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { event: 'fact-checked', fact: 'login', verdict: 'ok' },
    { event: 'fact-checked', fact: 'timetable: rows', verdict: 'changed', found: 'limit is gone' },
    { event: 'fact-checked', fact: 'refresh token', verdict: 'changed' },
  ]);
});

test('facts that hold, or that could not be told, raise no alarm', async () => {
  const examine = async () => found(LOGIN_FACTS.login.ok('as ever'), rows.unknown('no classes within two weeks'));

  expect(await check({ examine })).toMatchObject({ result: { facts: 2 }, reasons: [] });
});

test('a change that the operator knows raises no alarm, another one does', async () => {
  const knownChanges = knownChangesFrom({ DOCTOR_KNOWN_CHANGES: ' second login, same fingerprint; refresh token' });
  const known = LOGIN_FACTS.token.changed('none');

  expect(await check({ knownChanges, examine: async () => found(known) })).toMatchObject({ reasons: [] });
  const { reasons } = await check({ knownChanges, examine: async () => found(known, rows.changed('limit is gone')) });
  expect(reasons).toEqual([expect.stringMatching(/^AimHarder has changed: timetable: rows\. (?!.*refresh token)/)]);
});

test.each([
  ['refuses the account', { loginRefused: true }, /refuses the e-mail or the password in the secret/],
  [
    'refuses the address',
    { addressRefused: true },
    /refuses this address \(403 or 429\)\. This does not show that AimHarder has changed/,
  ],
  ['does not answer', {}, /could not be checked: whether the login has changed is unknown \(upstream-timeout\)\.$/],
])('an AimHarder that %s raises the alarm, and is not called changed', async (_name, answer, reason) => {
  const examine = async () => ({ ...found(LOGIN_FACTS.login.unknown('upstream-timeout')), ...answer });

  expect((await check({ examine })).reasons).toEqual([expect.stringMatching(reason)]);
});

test('an alarm that cannot be raised is logged, and the run fails with the reason', async () => {
  const raiseAlarm = async () => {
    throw new Error('no CloudWatch');
  };
  const { result, log } = await check({ examine: async () => found(rows.changed('limit is gone')), raiseAlarm });

  expect(result).toMatch(/^AimHarder has changed: timetable: rows\./);
  expect(log).toContain('"event":"alarm-not-raised","error":"Error","message":"no CloudWatch"');
});

test.each([
  ['no JSON', 'pass-of-ada'],
  ['no password', '{"email":"ada@example.com"}'],
  ['an empty e-mail', '{"email":" ","password":"pass-of-ada"}'],
])('a secret with %s raises the alarm, which names the secret and tells nothing of it', async (_name, document) => {
  const { endpoint, stop } = await startSecretsManager(new Map([['the-secret', document]]));
  onTestFinished(stop);
  const secrets = new SecretsManagerClient({ endpoint, ...AWS });
  const readLogin = () => readSecret(secrets, 'the-secret', AccountDocument);
  const { reasons, log } = await check({ readLogin });

  expect(reasons).toEqual(['AimHarder could not be checked: The secret the-secret does not have the expected form.']);
  expect(reasons.join() + log).not.toMatch(/pass-of-ada|ada@/);
});

test('the account’s e-mail is read as a login reads it', () => {
  expect(AccountDocument.parse({ email: ' Ada@Example.com ', password: ' p ' })).toEqual({
    email: 'ada@example.com',
    password: ' p ',
  });
});

test('CloudWatch gets the reason, cut to the length that it accepts', async () => {
  const { endpoint, requests, stop } = await startCloudWatch();
  onTestFinished(stop);
  const raise = alarmRaiser(new CloudWatchClient({ endpoint, ...AWS }), 'the-alarm');

  await raise('AimHarder has changed: login.');
  await raise('x'.repeat(1_024));

  const alarm = { AlarmName: 'the-alarm', StateValue: 'ALARM' };
  expect(requests).toEqual([
    { ...alarm, StateReason: 'AimHarder has changed: login.' },
    { ...alarm, StateReason: `${'x'.repeat(1_022)}…` },
  ]);
});
