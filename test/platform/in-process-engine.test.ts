import { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { documentsAt, startDynamo } from '../support/platform/dynamo.ts';

/* The client of the tests, which calls the engine without HTTP and without the SDK's steps, against the SDK over HTTP. */

type Dynamo = Awaited<ReturnType<typeof startDynamo>>;
let direct: Dynamo;
let other: Dynamo;
let overHttp: Documents;
beforeAll(async () => {
  [direct, other] = await Promise.all([startDynamo(), startDynamo()]);
  overHttp = documentsAt(other.endpoint);
});
afterAll(() => Promise.all([direct.stop(), other.stop()]));

const TableName = 'prebookings';
const key = (id: string) => ({ email: 'ada@example.com', id });
const ITEM = {
  ...key('1'),
  text: 'ñ 🕕 "quoted"',
  empty: '',
  amount: 1.5,
  negative: -7,
  yes: true,
  no: false,
  nothing: null,
  absent: undefined,
  nested: { entries: [1, 'two', null, { three: 3 }], absent: undefined, core: {} },
  labels: new Set(['b', 'a']),
};

type Request = ConstructorParameters<typeof UpdateCommand>[0];
const update = (changes: Omit<Request, 'TableName' | 'Key'>) =>
  new UpdateCommand({ TableName, Key: key('1'), ...changes });
const put = (id: string) => new PutCommand({ TableName, Item: { ...ITEM, ...key(id) } });
const query = (more: Partial<QueryCommandInput>) =>
  new QueryCommand({
    TableName,
    KeyConditionExpression: 'email = :email',
    ExpressionAttributeValues: { ':email': key('1').email },
    ...more,
  });

/** In this order, because each finds what those before it have written. */
const COMMANDS = {
  'get: nothing': new GetCommand({ TableName, Key: key('1') }),
  'put: a new item': put('1'),
  'get: every type of value': new GetCommand({ TableName, Key: key('1'), ConsistentRead: true }),
  'get: some attributes': new GetCommand({
    TableName,
    Key: key('1'),
    ProjectionExpression: '#text, nested.entries[3].three',
    ExpressionAttributeNames: { '#text': 'text' },
  }),
  'put: the old item': new PutCommand({ TableName, Item: { ...key('1'), amount: 2 }, ReturnValues: 'ALL_OLD' }),
  'put: refused': new PutCommand({ TableName, Item: key('1'), ConditionExpression: 'attribute_not_exists(id)' }),
  'update: the whole item': update({
    UpdateExpression: 'SET amount = amount + :one, labels = :labels REMOVE nothing',
    ConditionExpression: 'amount = :two',
    ExpressionAttributeValues: { ':one': 1, ':two': 2, ':labels': new Set(['c']) },
    ReturnValues: 'ALL_NEW',
  }),
  'update: refused, with the item': update({
    UpdateExpression: 'SET amount = :one',
    ConditionExpression: 'amount = :one',
    ExpressionAttributeValues: { ':one': 1 },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }),
  'update: a word that is reserved': update({
    UpdateExpression: 'SET status = :one',
    ExpressionAttributeValues: { ':one': 1 },
  }),
  'update: a value that is not used': update({
    UpdateExpression: 'REMOVE a',
    ExpressionAttributeValues: { ':one': 1 },
  }),
  'put: two more': put('2'),
  'put: three': put('3'),
  'query: a page': query({ Limit: 2 }),
  'query: the next page': query({ Limit: 2, ExclusiveStartKey: key('2') }),
  'query: filtered': query({
    FilterExpression: 'nested.core = :core OR attribute_not_exists(nested)',
    ExpressionAttributeValues: { ':email': key('1').email, ':core': { more: 1 } },
  }),
  'query: counted': query({ Select: 'COUNT' }),
  'scan: a page': new ScanCommand({ TableName, Limit: 1 }),
  'delete: the old item': new DeleteCommand({ TableName, Key: key('2'), ReturnValues: 'ALL_OLD' }),
  'delete: nothing': new DeleteCommand({ TableName, Key: key('2'), ReturnValues: 'ALL_OLD' }),
  'delete: refused': new DeleteCommand({
    TableName,
    Key: key('2'),
    ConditionExpression: 'attribute_exists(id)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }),
  'get: a table that does not exist': new GetCommand({ TableName: 'none', Key: key('1') }),
  'get: half a key': new GetCommand({ TableName, Key: { email: 'ada@example.com' } }),
  'put: no key': new PutCommand({ TableName, Item: { a: 1 } }),
} as const;

type Command = (typeof COMMANDS)[keyof typeof COMMANDS];

/** Sends a command. @returns the answer or the error, without what HTTP adds. */
async function outcome(documents: Documents, command: Command) {
  try {
    const { $metadata, ...answer } = await documents.send(command as GetCommand);
    return { status: $metadata.httpStatusCode, attempts: $metadata.attempts, answer };
  } catch (error) {
    if (!(error instanceof DynamoDBServiceException)) throw error;
    const { name, message, $metadata } = error;
    const Item = error instanceof ConditionalCheckFailedException ? error.Item : undefined;
    return { name, message, Item, status: $metadata.httpStatusCode, attempts: $metadata.attempts };
  }
}

/** The commands that have an error. */
const FAILING = /refused|reserved|not used|does not exist|half a key|no key/;

test('every command has the answer, or the error, that it has over HTTP', async () => {
  for (const [name, command] of Object.entries(COMMANDS)) {
    const expected = await outcome(overHttp, command);
    expect([name, await outcome(direct.documents, command)]).toEqual([name, expected]);
    expect([name, 'answer' in expected]).toEqual([name, !FAILING.test(name)]);
  }
});

test.each([2 ** 53, -(2 ** 53), Number.NaN, Number.POSITIVE_INFINITY])('the number %d is refused', async (amount) => {
  const command = new PutCommand({ TableName, Item: { ...key('1'), amount } });
  for (const documents of [direct.documents, overHttp])
    await expect(documents.send(command)).rejects.toMatchObject({ constructor: Error });
});

test('an engine that has been stopped refuses, as a database that is not there', async () => {
  const stopped = await startDynamo();
  await stopped.stop();

  const send = stopped.documents.send(new GetCommand({ TableName, Key: key('1') }));

  await expect(send).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a query that runs when its engine is stopped ends, and throws no error that nobody could catch', async () => {
  const { documents, stop } = await startDynamo();
  const query = { TableName: 'sessions', KeyConditionExpression: 'email = :email' };
  const running = documents.send(new QueryCommand({ ...query, ExpressionAttributeValues: { ':email': 'a' } }));

  const [answer] = await Promise.allSettled([running, stop()]);

  expect(answer.status === 'rejected' ? answer.reason.code : answer.value.Items).toEqual([]);
});
