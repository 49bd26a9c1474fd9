import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { OnTheDot } from '../../../infra/stack.ts';
import { EACH_OPTION } from '../../support/infra/every-option.ts';
import { nameOf, type Synthesized, synthesized, whoMay, withoutHash } from '../../support/infra/synthesized.ts';

/** The check of AimHarder that the option `doctor` adds. */

const { doctor: SECRET } = EACH_OPTION.doctor;
const CHECK = 'check-aimharder';

const checking = () => synthesized({ doctor: SECRET, alarmEmail: 'ops@example.com' });
const check = (of: Synthesized) => of.functions.get(CHECK);
const alarmOf = (of: Synthesized) =>
  of
    .ofType('AWS::CloudWatch::Alarm')
    .find(({ Properties }) => Properties['AlarmName'] === 'on-the-dot-prod-aimharder-changed')?.Properties;
const idsOf = ({ resources }: Synthesized) => resources.map(({ id }) => id);

test('without the option, nothing of the check is there', () => {
  expect(check(synthesized())).toBeUndefined();
  expect(alarmOf(synthesized({ monitoring: 'full' }))).toBeUndefined();
  expect(JSON.stringify(synthesized().template)).not.toMatch(/aimharder-changed|EveryHours|DOCTOR_/);
});

test('the option adds the check, its schedule and its alarm, and changes the id of nothing else', () => {
  const before = new Set(idsOf(synthesized({ alarmEmail: 'ops@example.com' })));
  const added = idsOf(checking()).filter((id) => !before.has(id));

  expect([...before].filter((id) => !idsOf(checking()).includes(id))).toEqual([]);
  expect(added.map(withoutHash).toSorted()).toEqual([
    'Alarmsaimharderchanged',
    'EveryHoursDeliveryRole',
    'EveryHoursDeliveryRoleDefaultPolicy',
    'EveryHoursGroup',
    'EveryHourscheckaimharder',
    'Functionscheckaimharder',
    'FunctionscheckaimharderEventInvokeConfig',
    'Functionscheckaimharderlog',
    'Functionscheckaimharderrole',
  ]);
});

test('the check runs every six hours, and Lambda repeats no run that has failed', () => {
  const schedule = checking()
    .ofType('AWS::Scheduler::Schedule')
    .find(({ id }) => id.startsWith('EveryHours'))?.Properties;
  const config = checking()
    .ofType('AWS::Lambda::EventInvokeConfig')
    .find(({ id }) => id.includes('checkaimharder'))?.Properties;

  expect(schedule).toMatchObject({ ScheduleExpression: 'rate(6 hours)' });
  expect(nameOf(Object(schedule?.['Target']).Arn)).toBe('Functionscheckaimharder');
  expect(config).toMatchObject({ MaximumRetryAttempts: 0 });
});

describe('privileges', () => {
  test('the check may read its own secret, ring its own alarm and write its log; nothing else', () => {
    const grants = check(checking())?.grants.map(({ action, on }) => `${action} ${on}`);

    expect(grants).toEqual([
      `secretsmanager:GetSecretValue ${SECRET}`,
      'cloudwatch:SetAlarmState arn:AWS::Partition:cloudwatch:AWS::Region:AWS::AccountId:alarm:on-the-dot-prod-aimharder-changed',
      'logs:CreateLogStream Functionscheckaimharderlog',
      'logs:PutLogEvents Functionscheckaimharderlog',
    ]);
  });

  test('no other function may read the secret, or ring the alarm', () => {
    expect(whoMay(checking(), /GetSecretValue/, /on-the-dot-doctor/)).toEqual([CHECK]);
    expect(whoMay(checking(), /SetAlarmState/, /./)).toEqual([CHECK]);
    expect(JSON.stringify(synthesized().template)).not.toContain('SetAlarmState');
  });

  test('the template knows where the account is, and nothing of it', () => {
    expect(check(checking())?.environment).toMatchObject({
      DOCTOR_SECRET_ID: SECRET,
      DOCTOR_ALARM_NAME: 'on-the-dot-prod-aimharder-changed',
    });
    expect(JSON.stringify(checking().template)).not.toContain('resolve:secretsmanager');
  });
});

describe('the alarm', () => {
  test('rings from a failed run until one succeeds, and tells the operator', () => {
    const [topic] = checking().ofType('AWS::SNS::Topic');

    expect(alarmOf(checking())).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Threshold: 0,
      TreatMissingData: 'ignore',
      AlarmActions: [{ Ref: topic?.id }],
      AlarmDescription: expect.stringMatching(/^Members may soon lose classes:.*reason names the facts/),
    });
  });

  test('counts the failures of the check, which has no other alarm', () => {
    const names = checking()
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ Properties }) => JSON.stringify(Properties).includes('checkaimharder'))
      .map(({ Properties }) => Properties['AlarmName']);

    expect(names).toEqual(['on-the-dot-prod-aimharder-changed']);
  });

  test.each([
    ['nobody hears it', { doctor: SECRET }, 1],
    ['mail reports it', { doctor: SECRET, alarmEmail: 'ops@example.com', monitoring: 'basic' }, 0],
    ['there is no check', {}, 0],
  ])('the synthesis warns if %s: %j → %i', (_name, options, count) => {
    const stack = synthesized(options).app.node.children.find((child) => child instanceof OnTheDot);
    if (!(stack instanceof OnTheDot)) throw new Error('no stack');

    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('option doctor'))).toHaveLength(count);
  });
});
