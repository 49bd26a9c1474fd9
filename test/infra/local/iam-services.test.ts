import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EnvironmentValues, tableVariables } from '../../../infra/catalog/function-definition.ts';
import { type IamProxy, startIamProxy } from '../../../infra/local/iam.ts';
import { accessKeyOf } from '../../../infra/local/iam-rules.ts';
import { boundPort } from '../../../infra/local/loopback.ts';
import { defined } from '../../support/sessions/session-world.ts';

const ROLE = 'arn:aws:iam::000000000000:role/wake-up';
const FIRE = 'arn:aws:lambda:eu-west-1:000000000000:function:fire-prebooking';
const VALUES: EnvironmentValues = {
  ...tableVariables((table) => table),
  SERVICE_NAME: 'the-service',
  KEYS_SECRET_ID: 'the-keys',
  SALT_SECRET_ID: 'the-salt',
  PUSH_SECRET_ID: 'push-key',
  SCHEDULE_GROUP: 'the-group',
  SCHEDULE_ROLE_ARN: ROLE,
  SCHEDULE_DEAD_LETTER_ARN: 'arn:aws:sqs:eu-west-1:000000000000:lost',
  PREPARE_FUNCTION_ARN: 'prepare',
  FIRE_FUNCTION_ARN: FIRE,
  REFRESH_FUNCTION_ARN: 'refresh',
  END_ACCOUNT_FUNCTION_ARN: 'end-account',
  FIRING_QUEUE_URL: 'queue',
  EVENT_BUS_NAME: 'the-bus',
};

/** A service that accepts every request. */
let aws: Server;
let asked = 0;
const callers = new Set<string | undefined>();
const SERVICES = ['secretsmanager', 'scheduler', 'lambda', 'events'] as const;
const proxies = new Map<string, IamProxy>();
beforeAll(async () => {
  aws = createServer((request, response) => {
    asked += 1;
    callers.add(/Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1]);
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  aws.listen(0, '127.0.0.1');
  await once(aws, 'listening');
  for (const service of SERVICES)
    proxies.set(service, await startIamProxy(service, `http://127.0.0.1:${boundPort(aws)}`, VALUES));
});
afterAll(() => {
  for (const proxy of proxies.values()) proxy.stop();
  aws.close();
  aws.closeAllConnections();
});

const clientOf = (service: (typeof SERVICES)[number], caller: string) => ({
  endpoint: defined(proxies.get(service)).endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: accessKeyOf(caller), secretAccessKey: 'x' },
  maxAttempts: 1,
});

type Ask = (caller: string) => Promise<unknown>;
const readSecret =
  (SecretId: string): Ask =>
  (caller) =>
    new SecretsManagerClient(clientOf('secretsmanager', caller)).send(new GetSecretValueCommand({ SecretId }));
const scheduler = (caller: string) => new SchedulerClient(clientOf('scheduler', caller));
const createSchedule =
  (GroupName: string, RoleArn = ROLE): Ask =>
  (caller) =>
    scheduler(caller).send(
      new CreateScheduleCommand({
        Name: 'a-1',
        GroupName,
        ScheduleExpression: 'at(2099-01-01T00:00:00)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: FIRE, RoleArn },
      }),
    );
const deleteSchedule =
  (GroupName: string): Ask =>
  (caller) =>
    scheduler(caller).send(new DeleteScheduleCommand({ Name: 'a-1', GroupName }));
const getSchedule: Ask = (caller) => scheduler(caller).send(new GetScheduleCommand({ Name: 'a-1', GroupName: 'g' }));
const invoke =
  (FunctionName: string): Ask =>
  (caller) =>
    new LambdaClient(clientOf('lambda', caller)).send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
const putEvents =
  (...buses: string[]): Ask =>
  (caller) =>
    new EventBridgeClient(clientOf('events', caller)).send(
      new PutEventsCommand({
        Entries: buses.map((EventBusName) => ({ EventBusName, Source: 's', DetailType: 't', Detail: '{}' })),
      }),
    );

test.each<[string, string, Ask]>([
  ['login reads the salt', 'login', readSecret('the-salt')],
  ['list-classes reads the keys', 'list-classes', readSecret('the-keys')],
  ['create-prebooking sets a wake-up', 'create-prebooking', createSchedule('the-group')],
  ['cancel-prebooking removes one', 'cancel-prebooking', deleteSchedule('the-group')],
  ['sweep starts the firing', 'sweep', invoke(FIRE)],
  ['sweep publishes', 'sweep', putEvents('the-bus', 'the-bus')],
  ['this machine’s user does anything', 'somebody', invoke('login')],
])('%s', async (_name, caller, ask) => {
  const before = asked;

  await ask(caller);

  expect(asked).toBe(before + 1);
});

test.each<[string, string, Ask, string]>([
  ['another secret', 'list-classes', readSecret('the-salt'), 'secretsmanager:GetSecretValue on resource: the-salt'],
  ['a secret without need', 'health', readSecret('the-keys'), 'secretsmanager:GetSecretValue on resource: the-keys'],
  [
    'setting where it may remove',
    'cancel-prebooking',
    createSchedule('the-group'),
    'scheduler:CreateSchedule on resource: the-group',
  ],
  [
    'removing where it may set',
    'sweep',
    deleteSchedule('the-group'),
    'scheduler:DeleteSchedule on resource: the-group',
  ],
  ['another group', 'sweep', createSchedule('every-minute'), 'scheduler:CreateSchedule on resource: every-minute'],
  ['another role', 'sweep', createSchedule('the-group', `${ROLE}-2`), `iam:PassRole on resource: ${ROLE}-2`],
  ['reading a schedule', 'sweep', getSchedule, 'scheduler:GetSchedule on resource: g'],
  ['starting without leave', 'cancel-prebooking', invoke(FIRE), `lambda:InvokeFunction on resource: ${FIRE}`],
  ['starting another function', 'sweep', invoke('login'), 'lambda:InvokeFunction on resource: login'],
  ['publishing without leave', 'health', putEvents('the-bus'), 'events:PutEvents on resource: the-bus'],
  ['another bus', 'sweep', putEvents('the-bus', 'default'), 'events:PutEvents on resource: default'],
])('%s is refused as IAM refuses it, and reaches no service', async (_name, caller, ask, denied) => {
  const before = asked;

  await expect(ask(caller)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: `${caller} is not authorized to perform: ${denied}`,
  });

  expect(asked).toBe(before);
});

test('a service behind IAM sees one caller: DynamoDB Local keeps a database of its own for each access key', async () => {
  await readSecret('the-salt')('login');
  await invoke(FIRE)('sweep');

  expect([...callers]).toEqual(['local']);
});
