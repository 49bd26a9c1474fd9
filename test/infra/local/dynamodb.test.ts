import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, paginateQuery, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TABLES } from '../../../infra/catalog/tables.ts';
import { lockDataDir } from '../../../infra/local/data-lock.ts';
import { clientAt, startDatabase } from '../../../infra/local/dynamodb.ts';
import { documentsAt } from '../../support/platform/dynamo.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'on-the-dot-database-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (endpoint: string, email: string) =>
  documentsAt(endpoint).send(
    new PutCommand({ TableName: 'sessions', Item: { email, fingerprint: 'phone-12345', refreshSlot: 1 } }),
  );
const indexed = async (endpoint: string) => {
  const emails: unknown[] = [];
  const query = {
    TableName: 'sessions',
    IndexName: 'byRefreshSlot',
    KeyConditionExpression: 'refreshSlot = :slot',
    ExpressionAttributeValues: { ':slot': 1 },
  };
  for await (const { Items = [] } of paginateQuery({ client: documentsAt(endpoint) }, query))
    emails.push(...Items.map(({ email }) => email));
  return emails.toSorted();
};

/** The files under dynalite, by the library it writes them with. */
type Files = {
  iterator(): AsyncIterable<readonly [key: string, value: string]>;
  del(key: string): Promise<void>;
  close(): Promise<void>;
};
function levelAt(path: string): Files {
  const { Level } = createRequire(import.meta.resolve('dynalite'))('level') as { Level: new (path: string) => Files };
  return new Level(path);
}

/** Writes, reads and scans. */
const requestsTo = (endpoint: string) => () => {
  const documents = documentsAt(endpoint);
  const Key = { email: 'ada@example.com', fingerprint: 'phone-12345' };
  return [
    documents.send(new PutCommand({ TableName: 'sessions', Item: Key })),
    documents.send(new GetCommand({ TableName: 'sessions', Key })),
    documents.send(new ScanCommand({ TableName: 'sessions' })),
  ];
};

/** An access to a disk that is full or worn out. */
const failing = async () => {
  throw new Error('No space left on device');
};

test('has the tables and keys-only indexes of the catalogue', async () => {
  const database = await startDatabase({});

  for (const [name, definition] of Object.entries(TABLES)) {
    const { Table } = await clientAt(database.endpoint).send(new DescribeTableCommand({ TableName: name }));
    expect(Table?.KeySchema?.map(({ AttributeName }) => AttributeName)).toEqual([
      definition.partitionKey,
      ...('sortKey' in definition ? [definition.sortKey] : []),
    ]);
    expect(
      (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName, Projection }) => [IndexName, Projection?.ProjectionType]),
    ).toEqual(definition.indexes.map(({ name: index }) => [index, 'KEYS_ONLY']));
    expect(
      (Table?.LocalSecondaryIndexes ?? []).map(({ IndexName, Projection }) => [IndexName, Projection?.ProjectionType]),
    ).toEqual(
      'localIndexes' in definition ? definition.localIndexes.map(({ name: index }) => [index, 'KEYS_ONLY']) : [],
    );
  }
  await database.stop();
});

test('keeps items through a stop and a start', async () => {
  const path = join(folder, 'database');
  const first = await startDatabase({ path });
  await put(first.endpoint, 'ada@example.com');
  await first.stop();

  const second = await startDatabase({ path });

  expect(await indexed(second.endpoint)).toEqual(['ada@example.com']);
  await second.stop();
});

test.each(['before', 'between'] as const)('a start that was killed %s its renames loses nothing', async (moment) => {
  const path = join(folder, 'database');
  const first = await startDatabase({ path });
  await put(first.endpoint, 'ada@example.com');
  await first.stop();
  if (moment === 'between') renameSync(path, `${path}.old`);
  else await startDatabase({ path: `${path}.fresh` }).then(({ stop }) => stop());

  const second = await startDatabase({ path });

  expect(await indexed(second.endpoint)).toEqual(['ada@example.com']);
  expect([existsSync(`${path}.old`), existsSync(`${path}.fresh`)]).toEqual([false, false]);
  await second.stop();
});

test('a start restores missing index entries and removes orphaned ones', async () => {
  const path = join(folder, 'database');
  const first = await startDatabase({ path });
  await put(first.endpoint, 'ada@example.com');
  await put(first.endpoint, 'bob@example.com');
  await first.stop();
  const level = levelAt(path);
  for await (const [key, value] of level.iterator()) {
    const isIndex = key.startsWith('index-global~sessions~byRefreshSlot');
    if (isIndex && value.includes('ada@')) await level.del(key);
    if (key.startsWith('item-sessions') && value.includes('bob@')) await level.del(key);
  }
  await level.close();

  const second = await startDatabase({ path });

  expect(await indexed(second.endpoint)).toEqual(['ada@example.com']);
  await second.stop();
});

test('after it was killed during writes, it has every acknowledged item, each once in its index', async () => {
  const path = join(folder, 'database');
  const script = `
    import { startDatabase } from './infra/local/dynamodb.ts';
    import { documentsAt } from './test/support/platform/dynamo.ts';
    import { PutCommand } from '@aws-sdk/lib-dynamodb';
    const { endpoint } = await startDatabase({ path: process.argv[1] });
    const documents = documentsAt(endpoint);
    for (let batch = 0; ; batch += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, n) => documents.send(new PutCommand({ TableName: 'sessions', Item: { email: batch + '-' + n, fingerprint: 'phone-12345', refreshSlot: 1 } }))));
      console.log(batch);
    }`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = -1;
  for await (const chunk of child.stdout) {
    acknowledged = Number(String(chunk).trim().split('\n').at(-1));
    if (acknowledged >= 20) break;
  }
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  expect(acknowledged).toBeGreaterThanOrEqual(20);

  const database = await startDatabase({ path });

  const { Items = [] } = await documentsAt(database.endpoint).send(new ScanCommand({ TableName: 'sessions' }));
  expect(Items.length).toBeGreaterThanOrEqual((acknowledged + 1) * 10);
  expect(await indexed(database.endpoint)).toEqual(Items.map(({ email }) => email).toSorted());
  const none = await documentsAt(database.endpoint).send(
    new QueryCommand({
      TableName: 'prebookings',
      IndexName: 'unfinished',
      KeyConditionExpression: 'openingShard = :shard',
      ExpressionAttributeValues: { ':shard': 0 },
    }),
  );
  expect(none.Items).toEqual([]);
  await database.stop();
});

test('a data folder belongs to one process until that process ends or dies', async () => {
  const script = `import { lockDataDir } from './infra/local/data-lock.ts'; console.log(Boolean(lockDataDir(process.argv[1]))); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [said] = await once(child.stdout, 'data');
  expect(String(said)).toContain('true');
  expect(lockDataDir(folder)).toBeUndefined();

  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;

  const unlock = lockDataDir(folder);
  expect(unlock).toBeDefined();
  unlock?.();
});

test.each([
  ['a read', { _get: failing }],
  ['a query', { _values: () => ({ next: failing, close: async () => undefined }) }],
])(
  '%s that the disk fails is answered as a fault of DynamoDB, and holds up no later request',
  async (_kind, faults) => {
    const { store, endpoint, stop } = await startDatabase({});
    const send = requestsTo(endpoint);
    Object.assign(store.db, faults);

    const answers = await Promise.allSettled(send());
    for (const name of Object.keys(faults)) Reflect.deleteProperty(store.db, name);

    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatchObject({ name: 'InternalServerError' });
    for (const answer of send()) expect(await answer).toMatchObject({ $metadata: { httpStatusCode: 200 } });
    await stop();
  },
);

test('after a write that the disk fails nothing is confirmed, until a start that finds all that was confirmed', async () => {
  const path = join(folder, 'database');
  const failures: string[] = [];
  const first = await startDatabase({ path, onFailedWrite: ({ message }) => failures.push(message) });
  await put(first.endpoint, 'before@example.com');
  // The index is written first, and the item then fails.
  Object.assign(first.store.db, { _put: failing });
  await expect(put(first.endpoint, 'failed@example.com')).rejects.toMatchObject({ name: 'InternalServerError' });
  Reflect.deleteProperty(first.store.db, '_put');

  for (const refused of await Promise.allSettled(requestsTo(first.endpoint)()))
    expect(refused).toMatchObject({ status: 'rejected', reason: { name: 'InternalServerError' } });

  expect(failures).toEqual(['No space left on device']);
  await first.stop();
  const second = await startDatabase({ path });
  expect(await indexed(second.endpoint)).toEqual(['before@example.com']);
  await second.stop();
});
