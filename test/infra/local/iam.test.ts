import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type EnvironmentValues,
  environmentFor,
  pickSettings,
  tableVariables,
} from '../../../infra/catalog/function-definition.ts';
import { functionsByName } from '../../../infra/catalog/functions.ts';
import { type OwnDatabase, startDatabase } from '../../../infra/local/dynamodb.ts';
import { type IamProxy, startIamProxy } from '../../../infra/local/iam.ts';
import { accessKeyOf } from '../../../infra/local/iam-rules.ts';
import { lambdaVariables } from '../../../infra/local/installation.ts';
import { defined } from '../../support/sessions/session-world.ts';

let database: OwnDatabase;
let iam: IamProxy;
beforeAll(async () => {
  database = await startDatabase({});
  iam = await startIamProxy('dynamodb', database.server, values);
});
afterAll(async () => {
  iam.stop();
  await database.stop();
});

const as = (caller: string) =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: iam.endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: accessKeyOf(caller), secretAccessKey: 'x' },
    }),
  );

const Key = { email: 'ada@example.com', fingerprint: 'phone-12345' };
const read = new GetCommand({ TableName: 'sessions', Key });
const write = new PutCommand({ TableName: 'sessions', Item: Key });
const bySlot = new QueryCommand({
  TableName: 'sessions',
  IndexName: 'byRefreshSlot',
  KeyConditionExpression: 'refreshSlot = :slot',
  ExpressionAttributeValues: { ':slot': 1 },
});

test('a function can do with a table what the catalogue grants', async () => {
  await as('login').send(write);

  expect((await as('list-sessions').send(read)).Item).toEqual(Key);
  expect((await as('refresh-tokens').send(bySlot)).Items).toEqual([]);
});

test.each([
  ['another action', 'list-sessions', write, 'dynamodb:PutItem on resource: sessions'],
  ['another table', 'calendar-feed', read, 'dynamodb:GetItem on resource: sessions'],
  ['an index of a table it may query', 'list-sessions', bySlot, 'dynamodb:Query on resource: sessions/byRefreshSlot'],
])('%s is refused as IAM refuses it', async (_name, caller, command, denied) => {
  await expect(as(caller).send(command as typeof read)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: `${caller} is not authorized to perform: ${denied}`,
  });
});

test('a request that names no operation is refused without one', async () => {
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyOf('login')}/20261101/eu-west-1/dynamodb/aws4_request`;
  const answer = await fetch(iam.endpoint, { method: 'POST', headers: { authorization }, body: '{}' });

  expect(await answer.json()).toMatchObject({ message: 'login is not authorized to perform: dynamodb: on resource: ' });
});

test('each function has its own access key of letters and digits, because DynamoDB Local refuses any other', () => {
  const keys = [...functionsByName.keys()].map((name) => lambdaVariables(name).AWS_ACCESS_KEY_ID);

  expect(keys.filter((key) => !/^[A-Za-z0-9]+$/.test(key))).toEqual([]);
  expect(new Set(keys).size).toBe(functionsByName.size);
});

test('a caller that is no function may do everything', async () => {
  await as('somebody').send(write);

  expect((await as('somebody').send(read)).Item).toEqual(Key);
});

const values: EnvironmentValues = {
  ...pickSettings({ BOX_TIMEZONES: '{}', REFRESH_SLOTS: '4', HOME: '/root', MAX_PENDING_PREBOOKINGS: '' }),
  ...tableVariables((table) => `the-${table}`),
  SERVICE_NAME: 'the-service',
  KEYS_SECRET_ID: 'the-keys',
  SALT_SECRET_ID: 'the-salt',
  PUSH_SECRET_ID: 'push-key',
  SCHEDULE_GROUP: 'group',
  SCHEDULE_ROLE_ARN: 'role',
  SCHEDULE_DEAD_LETTER_ARN: 'queue',
  PREPARE_FUNCTION_ARN: 'prepare',
  FIRE_FUNCTION_ARN: 'fire',
  REFRESH_FUNCTION_ARN: 'refresh',
  END_ACCOUNT_FUNCTION_ARN: 'end-account',
  FIRING_QUEUE_URL: 'queue',
  EVENT_BUS_NAME: 'bus',
};
const environmentOf = (name: string) => environmentFor(defined(functionsByName.get(name)), values);

test('a function’s environment has what it uses, and nothing else', () => {
  expect(environmentOf('health')).toEqual({ SERVICE_NAME: 'the-service' });
  expect(environmentOf('calendar-feed')).toEqual({
    SERVICE_NAME: 'the-service',
    CALENDARS_TABLE: 'the-calendars',
    PREBOOKINGS_TABLE: 'the-prebookings',
    BOOKINGS_TABLE: 'the-bookings',
    BOX_TIMEZONES: '{}',
  });
  expect(environmentOf('cancel-prebooking')).toEqual({
    SERVICE_NAME: 'the-service',
    SESSIONS_TABLE: 'the-sessions',
    PREBOOKINGS_TABLE: 'the-prebookings',
    LIMITS_TABLE: 'the-limits',
    SCHEDULE_GROUP: 'group',
    SCHEDULE_ROLE_ARN: 'role',
    SCHEDULE_DEAD_LETTER_ARN: 'queue',
    PREPARE_FUNCTION_ARN: 'prepare',
    FIRE_FUNCTION_ARN: 'fire',
  });
  expect(environmentOf('delete-account')).toEqual({
    SERVICE_NAME: 'the-service',
    SESSIONS_TABLE: 'the-sessions',
    PREBOOKINGS_TABLE: 'the-prebookings',
    BOOKINGS_TABLE: 'the-bookings',
    CALENDARS_TABLE: 'the-calendars',
    CREDENTIALS_TABLE: 'the-credentials',
    LOGIN_ATTEMPTS_TABLE: 'the-loginAttempts',
    LIMITS_TABLE: 'the-limits',
    TOMBSTONES_TABLE: 'the-tombstones',
    PUSH_SUBSCRIPTIONS_TABLE: 'the-pushSubscriptions',
    NOTIFICATIONS_TABLE: 'the-notifications',
    MESSAGES_TABLE: 'the-messages',
    ROUTINES_TABLE: 'the-routines',
    KEYS_SECRET_ID: 'the-keys',
    SCHEDULE_GROUP: 'group',
    SCHEDULE_ROLE_ARN: 'role',
    SCHEDULE_DEAD_LETTER_ARN: 'queue',
    PREPARE_FUNCTION_ARN: 'prepare',
    FIRE_FUNCTION_ARN: 'fire',
  });
  expect(environmentOf('refresh-session')).toEqual({
    SERVICE_NAME: 'the-service',
    SESSIONS_TABLE: 'the-sessions',
    LIMITS_TABLE: 'the-limits',
    KEYS_SECRET_ID: 'the-keys',
    REFRESH_SLOTS: '4',
  });
});
