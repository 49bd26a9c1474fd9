import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDatabase } from '../../../infra/local/dynamodb.ts';
import { hasOpenStore } from '../../../infra/local/engine-stores.ts';
import { documentsIn } from '../../support/platform/in-process-engine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'on-the-dot-size-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MB = 2 ** 20;
const sizeOf = (path: string): number =>
  readdirSync(path)
    .map((name) => statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);

test('an engine that was stopped is no longer open for a copy', async () => {
  const path = join(folder, 'database');
  const database = await startDatabase({ path });
  expect(hasOpenStore(path)).toBe(true);

  await database.stop();

  expect(hasOpenStore(path)).toBe(false);
});

test('items that are overwritten and queried many times take no more space', async () => {
  const path = join(folder, 'database');
  const database = await startDatabase({ path });
  const documents = documentsIn(database);
  const TableName = 'sessions';
  const query = {
    TableName,
    KeyConditionExpression: 'email = :email',
    ExpressionAttributeValues: { ':email': 'ada@example.com' },
  };
  for (let round = 0; round < 60; round += 1) {
    const items = Array.from({ length: 20 }, (_, n) => ({
      email: 'ada@example.com',
      fingerprint: `phone-${n}`,
      // Random bytes, because the database compresses what it stores.
      padding: randomBytes(30_000).toString('base64'),
    }));
    await Promise.all(items.map((Item) => documents.send(new PutCommand({ TableName, Item }))));
    // A query that reads everything, and one that stops before the end.
    await documents.send(new QueryCommand(query));
    await documents.send(new QueryCommand({ ...query, Limit: 3 }));
  }

  // 48 MB were written, and 0.8 MB of them are left. LevelDB compacts its files of 4 MB beside the writes.
  await expect.poll(() => sizeOf(path) / MB).toBeLessThan(32);
  await database.stop();
});
