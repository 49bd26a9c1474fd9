import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_EXPRESSIONS, rememberParsed } from '../../../infra/local/parsed-expressions.ts';
import { startDynamo } from '../../support/platform/dynamo.ts';

/* The engine remembers a parsed expression, and must answer the next request as if it had parsed it anew. */

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const TableName = 'sessions';
const key = (email: string) => ({ email, fingerprint: 'phone-12345' });
const put = (email: string, item: object) =>
  dynamo.documents.send(new PutCommand({ TableName, Item: { ...key(email), ...item } }));
const read = async (email: string) =>
  (await dynamo.documents.send(new GetCommand({ TableName, Key: key(email) }))).Item ?? {};

type Update = ConstructorParameters<typeof UpdateCommand>[0];
const update = (email: string, expressions: Omit<Update, 'TableName' | 'Key'>) =>
  dynamo.documents.send(new UpdateCommand({ TableName, Key: key(email), ...expressions }));

test('the same update with other values, other names and values of another type writes those', async () => {
  const set = (name: string, value: unknown) =>
    update('ada', {
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    });
  await set('one', 'text');
  await set('one', 'another');
  await set('two', 'text');
  await set('three', 3);
  await set('four', { deep: [{ er: 4 }] });

  expect(await read('ada')).toMatchObject({ one: 'another', two: 'text', three: 3, four: { deep: [{ er: 4 }] } });
});

test('what one request wrote does not change with the next', async () => {
  const grow = (email: string, entry: string) =>
    update(email, {
      UpdateExpression: 'SET entries = list_append(if_not_exists(entries, :none), :entry)',
      ExpressionAttributeValues: { ':none': [], ':entry': [entry] },
    });
  await grow('bea', 'first');
  await grow('bea', 'second');
  await grow('cyd', 'first');

  expect([(await read('bea'))['entries'], (await read('cyd'))['entries']]).toEqual([['first', 'second'], ['first']]);
});

test('the same condition is checked with each request’s values', async () => {
  await put('dan', { visits: 5 });
  const setIf = (count: number) =>
    update('dan', {
      UpdateExpression: 'SET seen = :seen',
      ConditionExpression: 'attribute_exists(email) AND NOT visits < :count',
      ExpressionAttributeValues: { ':seen': count, ':count': count },
    });
  await setIf(4);
  await expect(setIf(6)).rejects.toThrow('The conditional request failed');
  await setIf(5);

  expect(await read('dan')).toMatchObject({ seen: 5 });
});

test('a condition that compares its own values is parsed for each request', async () => {
  await put('eve', { visits: 5 });
  const between = (from: number, to: number) =>
    update('eve', {
      UpdateExpression: 'SET seen = :from',
      ConditionExpression: 'visits BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':from': from, ':to': to },
    });
  await between(4, 6);

  await expect(between(6, 4)).rejects.toThrow('The BETWEEN operator requires upper bound');
});

test('a value that no expression uses is refused, also beside expressions that are known', async () => {
  const both = (UpdateExpression: string) =>
    update('fay', {
      UpdateExpression,
      ConditionExpression: 'attribute_not_exists(partner) OR partner = :partner',
      ExpressionAttributeValues: { ':value': 1, ':partner': 2 },
    });
  await both('SET partner = :partner, amount = :value');

  await expect(both('SET partner = :partner')).rejects.toThrow('unused in expressions: keys: {:value}');
  await expect(both('SET partner = :partner')).rejects.toThrow('unused in expressions: keys: {:value}');
});

test('a query turns its condition round anew for each request', async () => {
  for (const email of ['gil', 'hal']) await put(email, {});
  const find = async (email: string) => {
    const { Items = [] } = await dynamo.documents.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: ':email = email AND :from < fingerprint',
        ExpressionAttributeValues: { ':email': email, ':from': 'phone' },
      }),
    );
    return Items.map((item) => item['email']);
  };

  expect([await find('gil'), await find('hal'), await find('gil')]).toEqual([['gil'], ['hal'], ['gil']]);
});

test('expressions that are sent once displace none that is sent again and again', () => {
  const parsed: string[] = [];
  const parse = rememberParsed((expression) => {
    parsed.push(expression);
    return { expression };
  });
  const send = (expression: string) =>
    parse(expression, {
      context: { attrNames: {}, attrVals: {}, unusedAttrNames: {}, unusedAttrVals: {} },
    });

  for (let number = 0; number < 2 * MAX_EXPRESSIONS; number += 1) {
    send(`once${number} = :one`);
    if (number % 100 === 0) send('often = :one');
  }
  send(`once${2 * MAX_EXPRESSIONS - 1} = :one`);

  expect(parsed.filter((expression) => expression.startsWith('often'))).toHaveLength(1);
  expect(parsed).toHaveLength(2 * MAX_EXPRESSIONS + 1);
});

test.each([
  [{ '#a': 'one' }, { '#a': 'two' }],
  [{ '#a': 'b","#c":"d' }, { '#a': 'b', '#c': 'd' }],
])('expressions whose names differ do not meet: %j and %j', (one, other) => {
  let parsed = 0;
  const parse = rememberParsed(() => {
    parsed += 1;
    return {};
  });
  for (const attrNames of [one, other])
    parse('#a = :one', {
      context: { attrNames, attrVals: {}, unusedAttrNames: {}, unusedAttrVals: {} },
    });

  expect(parsed).toBe(2);
});
