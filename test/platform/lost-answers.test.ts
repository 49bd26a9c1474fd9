import { PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TABLES, type TableDefinition } from '../../infra/catalog/tables.ts';
import { updateAndReadIf } from '../../lib/platform/dynamodb.ts';
import { readSources } from '../support/architecture/sources.ts';
import { findWrites } from '../support/architecture/writes.ts';
import { empty, forgetfulDocuments, startDynamo } from '../support/platform/dynamo.ts';
import { ACCOUNT_WRITES } from '../support/platform/lost-writes/accounts.ts';
import type { LostWrite } from '../support/platform/lost-writes/lost-write.ts';
import { MEMBER_WRITES } from '../support/platform/lost-writes/members.ts';
import { NOTIFICATION_WRITES } from '../support/platform/lost-writes/notifications.ts';
import { PREBOOKING_WRITES } from '../support/platform/lost-writes/prebookings.ts';
import { SESSION_WRITES } from '../support/platform/lost-writes/sessions.ts';
import { shareOf } from '../support/share.ts';

/*
 * A write reaches the database, and its answer is lost: the SDK sends it again, and its condition may no longer be met. The
 * write must recognise itself: its result, and what is stored, are those of a write whose answer has come.
 */

const WRITES = [...ACCOUNT_WRITES, ...SESSION_WRITES, ...PREBOOKING_WRITES, ...NOTIFICATION_WRITES, ...MEMBER_WRITES];

let database: Awaited<ReturnType<typeof startDynamo>>;
let forgetful: ReturnType<typeof forgetfulDocuments>;
beforeAll(async () => {
  database = await startDynamo();
  forgetful = forgetfulDocuments(database.endpoint);
});
afterAll(() => database.stop());

test('the table has every write of every store', () => {
  // lib/platform/dynamodb.ts sends what the stores give it.
  const sources = readSources('lib', 'functions', 'infra/commands').filter(
    ({ file }) => file !== 'lib/platform/dynamodb.ts',
  );

  expect([...new Set(WRITES.map(({ writes }) => writes))].toSorted()).toEqual(sources.flatMap(findWrites).toSorted());
});

test.each(
  shareOf(WRITES.map((write) => [`${write.writes}${write.when ? `, when ${write.when}` : ''}`, write] as const)),
)('%s: a lost answer changes nothing', async (_, write) => {
  const undisturbed = await run(write, false);

  expect(await run(write, true)).toEqual(undisturbed);
});

test('the item of a refusal is decoded like that of an answer', async () => {
  const { documents } = forgetful;
  const Item = {
    ...{ box: 'every-type', text: '', number: -1.5, yes: true, no: false, nothing: null },
    ...{ list: ['a', 1, { deep: [null] }], map: { a: { b: 2 } }, set: new Set(['a', 'b']) },
  };
  await documents.send(new PutCommand({ TableName: 'boxes', Item }));
  const update = { TableName: 'boxes', Key: { box: 'every-type' }, UpdateExpression: 'SET touched = :yes' };
  forgetful.loseWrite(1);

  const read = await updateAndReadIf(documents, { ...update, ExpressionAttributeValues: { ':yes': true } });

  expect(read).toEqual({ ...Item, touched: true, lastWrite: expect.stringMatching(/^[\w-]{8}$/) });
});

/** Runs an act on an empty table. @returns its result and the items that it leaves, without what is random in them. */
async function run({ table, nth = 1, prepare }: LostWrite, loses: boolean) {
  const { documents } = forgetful;
  const keys: Readonly<Record<string, TableDefinition>> = TABLES;
  const { partitionKey = '', sortKey } = keys[table] ?? {};
  await empty(database.documents, { [table]: [partitionKey, ...(sortKey === undefined ? [] : [sortKey])] });
  const act = await prepare(documents);
  if (loses) forgetful.loseWrite(nth);
  const result = await act();
  expect(forgetful.lost()).toBe(true);
  const items: unknown[] = [];
  for await (const page of paginateScan({ client: database.documents }, { TableName: table, ConsistentRead: true }))
    items.push(...(page.Items ?? []));
  return { result: withoutRandom(result), items: items.map(withoutRandom) };
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const RANDOM = ['address', 'token', 'cookies', 'encryptedToken', 'encryptedCookies', 'password', 'secretHash'];

function withoutRandom(value: unknown): unknown {
  if (typeof value === 'string') return UUID.test(value) ? 'random' : value;
  if (Array.isArray(value)) return value.map(withoutRandom);
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  const fields = Object.entries(value).filter(([name]) => name !== 'lastWrite');
  return Object.fromEntries(
    fields.map(([name, field]) => [name, RANDOM.includes(name) ? 'random' : withoutRandom(field)]),
  );
}
