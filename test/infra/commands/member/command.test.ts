import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, test, vi } from 'vitest';
import { runMemberCommand } from '../../../../infra/commands/member/command.ts';
import { lockDataDir } from '../../../../infra/local/data-lock.ts';
import { clientAt, startDatabase } from '../../../../infra/local/dynamodb.ts';
import { SCHEDULE_GROUP } from '../../../../infra/local/installation.ts';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';
import { openScheduleStore } from '../../../../infra/local/schedule-store.ts';
import { systemClock } from '../../../../lib/platform/system-clock.ts';
import { scheduleName } from '../../../../lib/prebookings/wake-ups.ts';
import { pendingOf, storeAccount, TABLES_OF_MEMBERS, tablesWith } from '../../../support/accounts/account.ts';

const [ADA, BOB] = ['ada@example.com', 'bob@example.com'];

afterEach(() => vi.unstubAllEnvs());

async function run(argv: readonly string[], environment: Record<string, string>) {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  return { code: await runMemberCommand(argv, { environment, print, printError: print }), said: lines.join('\n') };
}

/** Opens the database of a data folder. */
async function openDatabase(dataDir: string) {
  const database = await startDatabase({ path: join(dataDir, 'database') });
  const documents = DynamoDBDocumentClient.from(clientAt(database.endpoint), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return { documents, stop: database.stop };
}

test.each([[], ['delete'], ['remove', ADA], ['delete', 'ada'], ['delete', ADA, BOB]])(
  'wrong arguments are told how it is done: %j',
  async (...argv) => {
    expect(await run(argv, {})).toMatchObject({ code: 2, said: expect.stringContaining('delete <email>') });
  },
);

test('a folder in use, or none, is said', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'member-'));
  const unlock = lockDataDir(dataDir);

  expect(await run(['delete', ADA], { DATA_DIR: dataDir })).toMatchObject({
    code: 1,
    said: expect.stringContaining('Stop it first'),
  });
  expect(await run(['delete', ADA], { DATA_DIR: join(dataDir, 'none') })).toMatchObject({ code: 1 });
  unlock?.();
});

test('a member of the data folder is deleted, with the schedules, and nobody else', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'member-'));
  const before = await openDatabase(dataDir);
  for (const email of [ADA, BOB]) await storeAccount(before.documents, systemClock, email);
  await before.stop();
  const schedules = openScheduleStore(join(dataDir, 'schedules.sqlite'));
  for (const name of [scheduleName(pendingOf(ADA)), 'of-bob'])
    schedules.add({ group: SCHEDULE_GROUP, name, clientToken: name, dueAt: 0, targetArn: 'arn', input: '{}' });

  const { code, said } = await run(['delete', ` ${ADA.toUpperCase()}`], { DATA_DIR: dataDir });

  expect([code, said]).toEqual([0, `Nothing about ${ADA} is stored any more on the data folder ${dataDir}.`]);
  const after = await openDatabase(dataDir);
  expect(await tablesWith(after.documents, ADA)).toEqual([]);
  expect(await tablesWith(after.documents, BOB)).toEqual(TABLES_OF_MEMBERS);
  await after.stop();
  expect(schedules.list(SCHEDULE_GROUP, '').map(({ name }) => name)).toEqual(['of-bob']);
  schedules.close();
});

test.each([
  [{ isDone: true, retryAfter: null }, 0, 'Nothing about ada@example.com is stored'],
  [{ isDone: false, retryAfter: 12 }, 1, 'in 12 s'],
])('on AWS the deployed function is asked, and answers %j', async (answer, code, said) => {
  const asked: unknown[] = [];
  const server = createServer(async (request, response) => {
    asked.push([request.url, JSON.parse(await text(request))]);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const { url, stop } = await listenOnLoopback(server);
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  }))
    vi.stubEnv(name, value);

  const result = await run(['delete', ADA], { END_ACCOUNT_FUNCTION_ARN: 'on-the-dot-prod-end-account' });

  stop();
  expect(result).toMatchObject({ code, said: expect.stringContaining(said) });
  expect(asked).toEqual([
    ['/2015-03-31/functions/on-the-dot-prod-end-account/invocations', { why: 'operator', email: ADA }],
  ]);
});
