import { beforeAll, describe, expect, test } from 'vitest';
import { FUNCTIONS, functionsByName, selectFunctions } from '../../../infra/catalog/functions.ts';
import { TABLES } from '../../../infra/catalog/tables.ts';
import { ANSWER_DEADLINE } from '../../../lib/aimharder/transport.ts';
import { MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import { scheduledMinute } from '../../../lib/platform/scheduled-minute.ts';
import { parseKeys, parsePushSecret, parseSalt } from '../../../lib/platform/secrets.ts';
import { GRACE } from '../../../lib/prebookings/prebooking.ts';
import { nameOf, type Synthesized, synthesized } from '../../support/infra/synthesized.ts';

let stack: Synthesized;
let throwaway: Synthesized;
beforeAll(() => {
  stack = synthesized();
  throwaway = synthesized({ removal: 'destroy' });
});

const properties = (type: string) => stack.ofType(type).map(({ Properties }) => Properties);
const functionNamed = (name: string) => stack.functions.get(name)?.resource.Properties ?? {};

describe('data', () => {
  test('every table is paid by request, encrypted, restorable, and protected from deletion', () => {
    const tables = properties('AWS::DynamoDB::Table');

    expect(tables).toHaveLength(Object.keys(TABLES).length);
    for (const table of tables) {
      expect(table).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      });
    }
  });

  test('the tables have the keys, indexes and times to live of the catalogue', () => {
    for (const [name, definition] of Object.entries(TABLES)) {
      const table = stack.ofType('AWS::DynamoDB::Table').find(({ id }) => id.startsWith(`Tables${name}`))?.Properties;
      const keys = [definition.partitionKey, 'sortKey' in definition ? definition.sortKey : undefined].filter(Boolean);
      const local = 'localIndexes' in definition ? definition.localIndexes : [];
      expect(table?.['KeySchema']).toEqual(keys.map((key) => expect.objectContaining({ AttributeName: key })));
      for (const { name: index } of [...definition.indexes, ...local])
        expect(JSON.stringify(table)).toContain(`"IndexName":"${index}"`);
      expect(table?.['TimeToLiveSpecification']).toEqual(
        'timeToLive' in definition ? { AttributeName: definition.timeToLive, Enabled: true } : undefined,
      );
    }
  });

  test.each([['AWS::DynamoDB::Table'], ['AWS::SecretsManager::Secret'], ['AWS::Logs::LogGroup'], ['AWS::SQS::Queue']])(
    '%s stays when its stack is deleted, unless removal is destroy',
    (type) => {
      for (const { DeletionPolicy, UpdateReplacePolicy } of stack.ofType(type))
        expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
      for (const { DeletionPolicy, Properties } of throwaway.ofType(type)) {
        expect(DeletionPolicy).toBe('Delete');
        expect(Properties['DeletionProtectionEnabled']).not.toBe(true);
      }
    },
  );

  test('the secrets are generated in the form that the functions read', () => {
    const documents = properties('AWS::SecretsManager::Secret').map(({ GenerateSecretString }) => {
      const { SecretStringTemplate, GenerateStringKey, PasswordLength } = GenerateSecretString as {
        SecretStringTemplate: string;
        GenerateStringKey: string;
        PasswordLength: number;
      };
      return JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: 'x'.repeat(PasswordLength) });
    });

    expect(documents).toHaveLength(3);
    expect(parseKeys(documents[0] ?? '', 'keys').current).toBe('k1');
    expect(parseSalt(documents[1] ?? '', 'salt')).toHaveLength(64);
    expect(parsePushSecret(documents[2] ?? '', 'push')).toHaveLength(64);
  });

  test('a customer-managed key encrypts tables and secrets', () => {
    const own = synthesized({ encryption: 'customer-managed' });
    const [key] = own.ofType('AWS::KMS::Key');

    expect(stack.ofType('AWS::KMS::Key')).toEqual([]);
    expect(key?.Properties['EnableKeyRotation']).toBe(true);
    expect(key?.DeletionPolicy).toBe('RetainExceptOnCreate');
    for (const { Properties } of own.ofType('AWS::DynamoDB::Table'))
      expect(nameOf(Properties['SSESpecification'] && Object(Properties['SSESpecification'])['KMSMasterKeyId'])).toBe(
        'Key',
      );
    for (const { Properties } of own.ofType('AWS::SecretsManager::Secret'))
      expect(nameOf(Properties['KmsKeyId'])).toBe('Key');
  });
});

describe('functions', () => {
  test('run on Node 24 and arm64, with the memory and time of the catalogue, and log JSON that expires', () => {
    for (const [name, { timeoutSeconds, memoryMB }] of selectFunctions({})) {
      const { LoggingConfig, ...rest } = functionNamed(name);
      expect(rest).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Timeout: timeoutSeconds,
        MemorySize: memoryMB,
      });
      expect(LoggingConfig).toMatchObject({ LogFormat: 'JSON', LogGroup: { Ref: expect.any(String) } });
    }
    for (const { RetentionInDays } of properties('AWS::Logs::LogGroup')) expect(RetentionInDays).toBe(30);
  });

  test('answer before API Gateway gives up', () => {
    for (const { routes, timeoutSeconds } of functionsByName.values())
      if (routes) expect(timeoutSeconds).toBeLessThan(30);
  });
});

describe('the firing', () => {
  const config = () => stack.ofType('AWS::Lambda::EventInvokeConfig').find(({ id }) => id.includes('fireprebooking'));

  test('is not retried by Lambda, nor started after its grace; a failure is kept in a queue', () => {
    expect(config()?.Properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 180 });
    const { OnFailure } = Object(config()?.Properties['DestinationConfig']);
    expect(nameOf(OnFailure.Destination)).toBe('FunctionsFailedFirings');
  });

  test('has time for the longest wait, the last shot, the check of the timetable and the writing of the outcome', () => {
    /** A class that has moved to an opening so far ahead is waited for (lib/firing/follow.ts). */
    const WAITED_FOR = 2 * MINUTE;
    const READINGS = 4;
    const READING_PAUSE = 1.5 * SECOND;
    const RECORDING = 5 * SECOND;
    const readBack = READINGS * ANSWER_DEADLINE + (READINGS - 1) * READING_PAUSE;

    // The last shot's own answer may take as long as a reading; 20 s are left for the clocks, and for a slow database.
    expect(FUNCTIONS['fire-prebooking'].timeoutSeconds * SECOND).toBeGreaterThan(
      WAITED_FOR + GRACE + ANSWER_DEADLINE + readBack + RECORDING + 20 * SECOND,
    );
  });
});

test('dead-letter queues are encrypted at rest and in transit, and keep messages for 14 days', () => {
  const queues = stack.ofType('AWS::SQS::Queue').filter(({ Properties }) => !('RedrivePolicy' in Properties));

  expect(queues.map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual([
    'WakeUpsUndelivered',
    'FiringQueueUndelivered',
    'FunctionsFailedFirings',
    'OnEventsUndelivered',
  ]);
  for (const { id, Properties } of queues) {
    expect(Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3_600 });
    const policy = properties('AWS::SQS::QueuePolicy').find(({ Queues }) => JSON.stringify(Queues).includes(id));
    expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
  }
});

test('functions of every minute start every minute, get that minute, and have a group apart from the wake-ups', () => {
  const schedules = stack.ofType('AWS::Scheduler::Schedule');
  const [group] = stack.ofType('AWS::Scheduler::ScheduleGroup').filter(({ id }) => id.startsWith('EveryMinute'));

  expect(schedules).toHaveLength([...functionsByName.values()].filter(({ everyMinute }) => everyMinute).length);
  for (const { Properties, DependsOn } of schedules) {
    const { Input, RetryPolicy } = Object(Properties['Target']);
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      GroupName: 'on-the-dot-prod-every-minute',
      FlexibleTimeWindow: { Mode: 'OFF' },
    });
    expect(DependsOn).toContain(group?.id);
    expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 1 });
    const delivered = String(Input).replace('<aws.scheduler.scheduled-time>', '2026-03-20T12:00:00Z');
    expect(scheduledMinute(JSON.parse(delivered), { now: () => Number.NaN })).toBe(Date.UTC(2026, 2, 20, 12) / MINUTE);
  }
});

test('every event of the service, and no other, starts notify; an event that cannot be delivered is kept in a queue', () => {
  const [rule, ...others] = stack.ofType('AWS::Events::Rule');
  const [target] = Object(rule?.Properties['Targets']);
  const config = stack.ofType('AWS::Lambda::EventInvokeConfig').find(({ id }) => id.includes('notify'))?.Properties;

  expect(others).toEqual([]);
  expect(rule?.Properties).toMatchObject({ EventPattern: { source: ['on-the-dot'] }, State: 'ENABLED' });
  expect(nameOf(rule?.Properties['EventBusName'])).toBe('EventsBus');
  expect(nameOf(target.Arn)).toBe('Functionsnotify');
  expect(nameOf(target.DeadLetterConfig.Arn)).toBe('OnEventsUndelivered');
  expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 20 });
  expect(config).toMatchObject({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21_600 });
  expect(nameOf(Object(config?.['DestinationConfig']).OnFailure.Destination)).toBe('OnEventsUndelivered');
});

test('the stack needs only CloudFormation: it has no custom resource, and its outputs name everything', () => {
  expect(stack.resources.filter(({ Type }) => /^Custom::|CustomResource/.test(Type))).toEqual([]);
  expect(Object.keys(Object(stack.template['Outputs']))).toEqual(
    expect.arrayContaining(['Url', 'ApiId', 'ScheduleGroup', ...Object.keys(TABLES).map((name) => `${name}Table`)]),
  );
});

test('with full monitoring, the outputs name the dashboard', () => {
  expect(synthesized({ monitoring: 'full' }).template['Outputs']).toHaveProperty('Dashboard');
});

test('the stack stays far from CloudFormation’s limit of resources', () => {
  expect(stack.resources.length).toBeLessThan(400);
});
