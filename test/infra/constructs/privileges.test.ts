import { beforeAll, expect, test } from 'vitest';
import { selectFunctions } from '../../../infra/catalog/functions.ts';
import { TABLES } from '../../../infra/catalog/tables.ts';
import { type Synthesized, synthesized, whoMay } from '../../support/infra/synthesized.ts';

let stack: Synthesized;
beforeAll(() => {
  stack = synthesized();
});

const WRITES = /^dynamodb:(Put|Update)Item$/;
const SESSIONS = /^Tablessessions$/;
/** Functions that encrypt the secrets of receivers, or send with them. */
const SIGNING = ['notify', 'retry-notifications', 'set-notifications', 'test-notifications'];
/** Those of them that are routes: they authenticate their caller. */
const ROUTES = ['set-notifications', 'test-notifications'];
/** Functions that encrypt a tombstone, and the guard, which decrypts a wake-up. */
const ENDING = ['delete-account', 'dispatch-firings', 'end-account'];
/** Routes that refresh a session before they use it. */
const REFRESHING = [
  'book-class',
  'cancel-booking',
  'create-prebooking',
  'list-bookings',
  'list-classes',
  'plan-routines',
];

test('each function of the catalogue has a role of its own', () => {
  expect([...stack.functions.keys()].toSorted()).toEqual([...selectFunctions({}).keys()].toSorted());
  expect(new Set([...stack.functions.values()].map(({ role }) => role.id)).size).toBe(stack.functions.size);
});

test('only a login, a refresh, the firing and the routes that refresh first can write a token', () => {
  const may = [
    'fire-prebooking',
    'login',
    'prepare-prebooking',
    'refresh-session',
    'refresh-tokens',
    ...REFRESHING,
  ].toSorted();

  expect(whoMay(stack, WRITES, SESSIONS)).toEqual(may);
  expect(whoMay(stack, /GetSecretValue/, /EncryptionKeys/)).toEqual([...may, ...SIGNING, ...ENDING].toSorted());
});

test('functions that send messages, and the one that guards, can read the key, and no session', () => {
  const reading = whoMay(stack, /^dynamodb:(GetItem|Query|Scan)$/, /^Tablessessions/);

  expect(reading).not.toContain('dispatch-firings');
  expect(SIGNING.filter((name) => !ROUTES.includes(name) && reading.includes(name))).toEqual([]);
  expect(whoMay(stack, /^dynamodb:(Query|Scan)$/, /^Tables(notifications|messages)/)).toEqual([
    'delete-account',
    'end-account',
    'get-account',
    'notify',
    'retry-notifications',
    'test-notifications',
  ]);
});

test('mail leaves from the configured address only; without an address no function may send mail', () => {
  const mailing = synthesized({ mailFrom: 'gym@mail.example.com' });
  const grants = [...mailing.functions].flatMap(([name, { grants: all }]) =>
    all.filter(({ action }) => action.startsWith('ses:')).map((grant) => ({ name, ...grant })),
  );

  expect(whoMay(stack, /^ses:/, /./)).toEqual([]);
  expect(JSON.stringify(stack.template)).not.toContain('MAIL_FROM');
  expect(whoMay(mailing, /^ses:SendEmail$/, /./)).toEqual(['notify', 'retry-notifications', 'test-notifications']);
  for (const { on, condition } of grants) {
    expect(on).toMatch(
      /^arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:identity\/(gym@mail\.example\.com|mail\.example\.com)$/,
    );
    expect(condition).toEqual({ StringEquals: { 'ses:FromAddress': 'gym@mail.example.com' } });
  }
  const knowing = [...mailing.functions].filter(([, { environment }]) => 'MAIL_FROM' in environment);
  expect(knowing.map(([name]) => name)).toEqual([
    'set-notifications',
    'test-notifications',
    'notify',
    'retry-notifications',
  ]);
});

test('only the refresh, the sweep, the planner and the end of a membership can publish events', () => {
  expect(whoMay(stack, /^events:PutEvents$/, /./)).toEqual(['end-account', 'plan-routines', 'refresh-tokens', 'sweep']);
});

test('only functions that order or fire can read and write a box’s longest rule; the login adds names, and messages tell them', () => {
  expect(whoMay(stack, /^dynamodb:GetItem$/, /^Tablesboxes$/)).toEqual([
    'book-class',
    'create-prebooking',
    'fire-prebooking',
    'notify',
    'plan-routines',
    'prepare-prebooking',
  ]);
  expect(whoMay(stack, WRITES, /^Tablesboxes$/)).toEqual([
    'book-class',
    'create-prebooking',
    'fire-prebooking',
    'login',
    'plan-routines',
    'prepare-prebooking',
  ]);
});

test('only a logout, the end of a session or an account, and the sweep can delete a session', () => {
  expect(whoMay(stack, /^dynamodb:DeleteItem$/, SESSIONS)).toEqual([
    'delete-account',
    'end-account',
    'end-session',
    'logout',
    'sweep',
  ]);
});

test('only the sweep can start the end of an account; a route deletes its caller’s', () => {
  expect(whoMay(stack, /^lambda:InvokeFunction$/, /^Functionsendaccount$/)).toEqual(['sweep']);
  expect(whoMay(stack, /^dynamodb:DeleteItem$/, /^Tables(bookings|messages|routines)$/)).toEqual([
    'delete-account',
    'end-account',
  ]);
});

test('only functions that order, dispatch, prepare or recover can start a firing', () => {
  const ordering = ['book-class', 'create-prebooking', 'plan-routines', 'sweep'];
  const firing = [...ordering, 'dispatch-firings', 'prepare-prebooking'].toSorted();

  expect(whoMay(stack, /^lambda:InvokeFunction$/, /^Functionsprepareprebooking$/)).toEqual(ordering);
  expect(whoMay(stack, /^lambda:InvokeFunction$/, /^Functionsfireprebooking$/)).toEqual(firing);
});

test('only the end of an account can raise a tombstone', () => {
  expect(whoMay(stack, WRITES, /^Tablestombstones$/)).toEqual(['delete-account', 'end-account']);
  expect(whoMay(stack, /^dynamodb:DeleteItem$/, /^Tablestombstones$/)).toEqual([
    'delete-account',
    'end-account',
    'login',
  ]);
});

test('no route can read a kept password, and only a login can write one', () => {
  // The export of an account sees that there is one. It cannot decrypt it.
  expect(whoMay(stack, /GetSecretValue/, /EncryptionKeys/)).not.toContain('get-account');
  expect(whoMay(stack, /^dynamodb:(GetItem|Query|Scan)$/, /^Tablescredentials/)).toEqual([
    'fire-prebooking',
    'get-account',
    'prepare-prebooking',
    'refresh-tokens',
  ]);
  expect(whoMay(stack, WRITES, /^Tablescredentials$/)).toEqual([
    'fire-prebooking',
    'login',
    'prepare-prebooking',
    'refresh-tokens',
  ]);
});

test('only functions that send by Web Push, or show its public key, can read its key', () => {
  expect(whoMay(stack, /GetSecretValue/, /PushKey/)).toEqual([
    'get-notifications',
    'notify',
    'retry-notifications',
    'set-notifications',
    'test-notifications',
  ]);
  expect(whoMay(stack, /^dynamodb:PutItem$/, /^TablespushSubscriptions$/)).toEqual(['set-notifications']);
});

test('only a login can read the salt', () => {
  expect(whoMay(stack, /GetSecretValue/, /FingerprintSalt/)).toEqual(['login']);
});

test('only the sweep can scan a table', () => {
  expect(whoMay(stack, /^dynamodb:Scan$/, /./)).toEqual(['sweep']);
});

test('a function that queries a local index may query its table, from which DynamoDB fetches the other attributes', () => {
  const queries = Object.entries(TABLES).flatMap(([table, definition]) =>
    ('localIndexes' in definition ? definition.localIndexes : []).map(({ name }) => ({
      index: whoMay(stack, /^dynamodb:Query$/, new RegExp(`^Tables${table}/index/${name}$`)),
      table: whoMay(stack, /^dynamodb:Query$/, new RegExp(`^Tables${table}$`)),
    })),
  );

  expect(queries).toHaveLength(1);
  for (const { index, table } of queries) {
    expect(index).toContain('list-prebookings');
    expect(table).toEqual(expect.arrayContaining([...index]));
  }
});

test('only functions that order or cancel can create or delete wake-ups, in their group only', () => {
  const touching = [...stack.functions.values()].flatMap(({ grants }) =>
    grants.filter(({ action }) => action.startsWith('scheduler:')),
  );

  expect(new Set(touching.map(({ on }) => on))).toEqual(
    new Set(['arn:AWS::Partition:scheduler:AWS::Region:AWS::AccountId:schedule/on-the-dot-prod-wake-ups/*']),
  );
  expect(whoMay(stack, /^scheduler:CreateSchedule$/, /./)).toEqual([
    'book-class',
    'create-prebooking',
    'plan-routines',
    'sweep',
  ]);
  expect(whoMay(stack, /^scheduler:DeleteSchedule$/, /./)).toEqual([
    'book-class',
    'cancel-prebooking',
    'create-prebooking',
    'delete-account',
    'delete-routine',
    'end-account',
    'plan-routines',
    'set-pauses',
    'update-routine',
  ]);
});

test('only the role that delivers wake-ups can be passed, and only to the Scheduler', () => {
  const passing = [...stack.functions].flatMap(([name, { grants }]) =>
    grants.filter(({ action }) => action === 'iam:PassRole').map(({ on, condition }) => ({ name, on, condition })),
  );

  expect(passing.map(({ name }) => name).toSorted()).toEqual([
    'book-class',
    'create-prebooking',
    'plan-routines',
    'sweep',
  ]);
  for (const { on, condition } of passing) {
    expect(on).toBe('WakeUpsDeliveryRole');
    expect(condition).toEqual({ StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } });
  }
});

test('the Scheduler can start the preparation and the functions of every minute, on behalf of its own groups', () => {
  const roles = stack.ofType('AWS::IAM::Role').filter(({ id }) => id.includes('DeliveryRole'));
  const started = roles.flatMap((role) => stack.grantsOf(role)).filter(({ action }) => action.startsWith('lambda:'));

  expect(started.map(({ action, on }) => `${action} ${on}`).toSorted()).toEqual([
    'lambda:InvokeFunction Functionsplanroutines',
    'lambda:InvokeFunction Functionsprepareprebooking',
    'lambda:InvokeFunction Functionsrefreshtokens',
    'lambda:InvokeFunction Functionsretrynotifications',
    'lambda:InvokeFunction Functionssweep',
  ]);
  for (const { Properties } of roles)
    expect(JSON.stringify(Properties['AssumeRolePolicyDocument'])).toMatch(/aws:SourceArn.*Group[0-9A-F]{8}/);
});

test('no action is allowed on every resource, and no policy is managed by AWS', () => {
  const roles = stack.ofType('AWS::IAM::Role');
  const grants = roles.flatMap((role) => stack.grantsOf(role));

  expect(grants.length).toBeGreaterThan(100);
  expect(grants.filter(({ action, on }) => action.includes('*') || on === '*')).toEqual([]);
  expect(roles.filter(({ Properties }) => 'ManagedPolicyArns' in Properties)).toEqual([]);
});

test('a function’s environment names the tables that it may use, and no other', () => {
  for (const [name, { environment, grants }] of stack.functions) {
    const told = Object.entries(TABLES).filter(([, { variable }]) => variable in environment);
    const used = Object.keys(TABLES).filter((table) =>
      grants.some(({ on }) => on === `Tables${table}` || on.startsWith(`Tables${table}/index/`)),
    );
    expect({ name, tables: told.map(([table]) => table) }).toEqual({ name, tables: used });
  }
});

test('no environment holds a secret, only its id', () => {
  const environments = JSON.stringify([...stack.functions.values()].map(({ environment }) => environment));

  expect(environments).toContain('KEYS_SECRET_ID');
  expect(environments).not.toContain('resolve:secretsmanager');
});

test('AWS’s services may publish to the alarm topic, and use its key, on behalf of this account alone', () => {
  const options = { alarmEmail: 'ops@example.com', encryption: 'customer-managed' };
  const { ofType } = synthesized(options);
  const ofServices = [...ofType('AWS::SNS::TopicPolicy'), ...ofType('AWS::KMS::Key')].flatMap(({ Properties }) =>
    Object(Properties['PolicyDocument'] ?? Properties['KeyPolicy']).Statement.filter(
      ({ Effect, Principal }: { Effect: string; Principal: { Service?: unknown } }) =>
        Effect === 'Allow' && Principal.Service !== undefined,
    ),
  );
  const services = ofServices.flatMap(({ Principal }) => Principal.Service);

  expect(services.toSorted()).toEqual(
    ['cloudwatch', 'cloudwatch', 'events', 'events'].map((service) => `${service}.amazonaws.com`),
  );
  for (const { Condition } of ofServices)
    expect(Condition).toMatchObject({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
  const [ofRule] = ofServices.filter(({ Condition }) => 'ArnEquals' in Condition);
  expect(JSON.stringify(ofRule.Condition.ArnEquals)).toContain('NotificationsFailures');
});
