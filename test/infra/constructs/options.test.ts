import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SETTINGS } from '../../../infra/catalog/function-definition.ts';
import { OPTIONS, optionsFrom } from '../../../infra/options.ts';
import { synthesized } from '../../support/infra/synthesized.ts';

const CERTIFICATE = 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b';

const from = (context: Readonly<Record<string, unknown>>) => optionsFrom((name) => context[name]);

test('without options, data is kept, and encrypted with AWS-managed keys', () => {
  expect(from({})).toEqual({
    stage: 'prod',
    removal: 'retain',
    encryption: 'aws-managed',
    logRetentionDays: 30,
    throttleRate: 50,
    throttleBurst: 100,
    corsOrigins: [],
    accountConcurrency: 1_000,
    monitoring: 'basic',
    tracing: 'false',
    settings: {},
  });
});

test('text from the command line means the same as values in cdk.json', () => {
  const text = from({
    throttleRate: '7',
    corsOrigins: 'https://a.example,https://b.example',
    BOX_TIMEZONES: '{"a":"UTC"}',
  });

  expect(
    from({ throttleRate: 7, corsOrigins: ['https://a.example', 'https://b.example'], BOX_TIMEZONES: { a: 'UTC' } }),
  ).toEqual(text);
  expect(text).toMatchObject({ throttleRate: 7, settings: { BOX_TIMEZONES: '{"a":"UTC"}' } });
});

test.each([
  ['an unknown removal', { removal: 'maybe' }, 'removal'],
  ['an unknown encryption', { encryption: 'none' }, 'encryption'],
  ['a stage that cannot be a name', { stage: 'Prod 1' }, 'stage'],
  ['days that CloudWatch does not offer', { logRetentionDays: '31' }, 'logRetentionDays'],
  ['a rate that is not a number', { throttleRate: 'much' }, 'throttleRate'],
  ['an account without concurrency', { accountConcurrency: '0' }, 'accountConcurrency'],
  ['an invalid address for alarms', { alarmEmail: 'ops' }, 'alarmEmail'],
  ['a topic that is none', { alarmTopicArn: 'arn:aws:sqs:eu-west-1:123456789012:q' }, 'alarmTopicArn'],
  ['a domain without a certificate', { domainName: 'gym.example' }, 'certificateArn'],
  ['a certificate without a domain', { certificateArn: CERTIFICATE }, 'domainName'],
  ['a domain that is an address', { domainName: 'https://gym.example', certificateArn: CERTIFICATE }, 'domainName'],
  ['a secret by its name', { doctor: 'on-the-dot-doctor' }, 'doctor'],
  [
    'a secret without the end of its ARN',
    { doctor: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x' },
    'doctor',
  ],
  ['a known change of no fact', { DOCTOR_KNOWN_CHANGES: 'login; logout' }, 'DOCTOR_KNOWN_CHANGES'],
  ['an unknown monitoring', { monitoring: 'some' }, 'monitoring'],
  ['an invalid sender', { mailFrom: 'gym' }, 'mailFrom'],
  ['an unknown time zone', { BOX_TIMEZONES: '{"a":"Nowhere"}' }, 'BOX_TIMEZONES'],
  ['an invitation of nobody', { allowedEmails: 'ana' }, 'ALLOWED_EMAILS'],
  ['a limit below one', { MAX_PENDING_PREBOOKINGS: '0' }, 'MAX_PENDING_PREBOOKINGS'],
])('%s is refused before anything is deployed', (_name, context, named) => {
  expect(() => from(context)).toThrow(named);
});

test('a setting reaches the functions that use it, and no other', () => {
  const { functions } = synthesized({ MAX_PENDING_PREBOOKINGS: 20 });
  const told = [...functions].filter(([, { environment }]) => environment['MAX_PENDING_PREBOOKINGS'] === '20');

  expect(told.map(([name]) => name)).toEqual(['book-class', 'create-prebooking', 'plan-routines']);
});

test('the option for invited members is a setting of the login', () => {
  expect(from({ allowedEmails: 'ana@example.com,@gym.example' }).settings).toEqual({
    ALLOWED_EMAILS: 'ana@example.com,@gym.example',
  });
  expect(from({ allowedEmails: ['ana@example.com', '@gym.example'] }).settings.ALLOWED_EMAILS).toContain(',@gym');
});

test('the operator’s paper has every option and every setting', () => {
  const paper = readFileSync('infra/constructs/README.md', 'utf8');

  expect([...Object.keys(OPTIONS), ...SETTINGS].filter((name) => !paper.includes(`\`${name}\``))).toEqual([]);
});
