import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { aimHarderClient } from '../../lib/aimharder/client.ts';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { seal } from '../../lib/platform/encryption.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { refreshIndex } from '../../lib/sessions/refresh-index.ts';
import { refreshTokens } from '../../lib/sessions/refresh-tokens.ts';
import { refreshSlotOf } from '../../lib/sessions/session.ts';
import { sessionStore } from '../../lib/sessions/session-store.ts';
import { sessionTokens } from '../../lib/sessions/session-tokens.ts';
import { documentsAt } from '../support/dynamo.ts';
import { table } from './table.ts';

/** What AimHarder takes to answer, in milliseconds; and what the promise is measured at. */
const ANSWER_MS = 100;
const CONCURRENCY = 100;
/** One-by-one takes its time: it is timed on so many. */
const SAMPLE = 300;
const PARTITIONS = 8;
const BATCH = 25;
const PROMISED_RATIO = 50;

const keys = { current: 'k1', keys: new Map([['k1', randomBytes(32)]]) };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const unhurried = new AbortController().signal;

/** Sessions refreshed per second, beside the predecessor's loop in the same run; memory and capacity at growing numbers. */
export async function benchRefresh({
  out,
  sizes,
}: {
  readonly out: string;
  readonly sizes: readonly number[];
}): Promise<void> {
  const rows = [];
  let peer: number | undefined;
  for (const size of sizes) {
    const servers = await Promise.all([startServer('database'), startServer('aimharder', String(ANSWER_MS))]);
    const [database, aimHarder] = servers;
    const bench = parts(database.endpoint, aimHarder.endpoint);
    await seed(bench.documents, size);
    peer ??= await oneByOne(bench);
    const { perSecond, refreshed, peakMb } = await wheelTurn(bench);
    const per = (units: number) => (units / refreshed).toFixed(2);
    rows.push({
      sessions: size,
      refreshed,
      'per second': perSecond.toFixed(0),
      'one by one': peer.toFixed(1),
      ratio: (perSecond / peer).toFixed(1),
      'peak RSS MB': peakMb.toFixed(0),
      'read units each': per(bench.consumed.read),
      'write units each': per(bench.consumed.write),
    });
    console.log(table(rows.slice(-1)));
    for (const { child } of servers) child.kill();
  }
  const report = [
    `AimHarder answers after ${ANSWER_MS} ms; concurrency ${CONCURRENCY}; database and AimHarder in processes of their own; one by one timed on ${SAMPLE}.`,
    table(rows),
    `promised: at least ${PROMISED_RATIO} times one by one, and flat memory`,
  ].join('\n');
  console.log(report);
  await writeFile(join(out, 'refresh.txt'), `${report}\n`);
  await writeFile(join(out, 'refresh.json'), `${JSON.stringify(rows, undefined, 1)}\n`);
}

async function startServer(...what: readonly string[]): Promise<{ child: ChildProcess; endpoint: string }> {
  const script = fileURLToPath(new URL('./refresh-servers.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...what], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, endpoint: String(line).trim() };
}

type Parts = ReturnType<typeof parts>;

function parts(databaseEndpoint: string, aimHarderEndpoint: string) {
  const documents = documentsAt(databaseEndpoint);
  const consumed = countConsumed(documents);
  const sessions = sessionStore({ documents, table: 'sessions', clock });
  const tokens = sessionTokens({
    documents,
    table: 'sessions',
    clock,
    sessions,
    refreshPartitions: PARTITIONS,
    secrets: async () => ({ fingerprintSalt: 'salt', keys }),
  });
  const origins = { origin: aimHarderEndpoint, login: aimHarderEndpoint, box: `${aimHarderEndpoint}/{box}` };
  const aimHarder = aimHarderClient({ origins, clock, connections: CONCURRENCY });
  return { documents, consumed, sessions, tokens, aimHarder, clock, logger: quiet };
}

/** Asks DynamoDB with every request what it cost. */
function countConsumed(documents: Documents): { read: number; write: number } {
  const consumed = { read: 0, write: 0 };
  documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
        const kind = /Get|Query/.test(commandName) ? 'read' : 'write';
        if (!commandName.startsWith('Batch')) consumed[kind] += ConsumedCapacity?.CapacityUnits ?? 0;
        return result;
      },
    { step: 'initialize' },
  );
  return consumed;
}

async function seed(documents: Documents, size: number): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  const item = (index: number) => {
    const key = { email: `member-${index}@example.com`, fingerprint: `bg-${index.toString(16).padStart(40, '0')}` };
    const sealed = (text: string, purpose: string) => seal(keys, text, [key.email, key.fingerprint, purpose]);
    return {
      ...key,
      sessionType: 'background',
      protected: true,
      state: 'active',
      tokenVersion: 'seeded',
      createdAt: at,
      updatedAt: at,
      lastTokenUpdateAt: at,
      tokenUpdateCount: 0,
      boxes: [],
      refreshSlot: refreshSlotOf(key, PARTITIONS),
      token: sealed('7|1795000000|0123456789abcdef', 'token'),
      cookies: sealed(
        JSON.stringify(
          ['amhrdrauth', 'PHPSESSID', 'AWSALB', 'AWSALBCORS'].map((name) => ({ name, value: 'x'.repeat(60) })),
        ),
        'cookies',
      ),
    };
  };
  const batches = Array.from({ length: Math.ceil(size / BATCH) }, (_, batch) => batch).values();
  const worker = async () => {
    for (const batch of batches) {
      const items = Array.from({ length: Math.min(BATCH, size - batch * BATCH) }, (_, index) =>
        item(batch * BATCH + index),
      );
      await documents.send(
        new BatchWriteCommand({ RequestItems: { sessions: items.map((Item) => ({ PutRequest: { Item } })) } }),
      );
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

/** As the predecessor did it: all sessions in one list, one after the other, one write each. @returns sessions per second. */
async function oneByOne({ documents, sessions, tokens, aimHarder }: Parts): Promise<number> {
  const all = [];
  for await (const session of sessions.getAllActiveSessions()) if (all.push(session) === SAMPLE) break;
  const begun = clock.monotonic();
  for (const session of all) {
    const answer = await aimHarder.updateToken(await tokens.open(session), unhurried);
    if (answer.kind !== 'updated') throw new Error(`tokenUpdate: ${answer.kind}`);
    const { email, fingerprint } = session;
    await documents.send(
      new UpdateCommand({
        TableName: 'sessions',
        Key: { email, fingerprint },
        UpdateExpression: 'SET plainToken = :token',
        ExpressionAttributeValues: { ':token': answer.session.token },
      }),
    );
  }
  return (all.length / (clock.monotonic() - begun)) * 1_000;
}

async function wheelTurn(bench: Parts): Promise<{ perSecond: number; refreshed: number; peakMb: number }> {
  Object.assign(bench.consumed, { read: 0, write: 0 });
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  const cursor = { handled: async () => undefined, claim: async () => true };
  const deps = {
    ...bench,
    cursor,
    wheel: { slots: 1, shards: PARTITIONS },
    concurrency: CONCURRENCY,
    keysIn: refreshIndex({ documents: bench.documents, table: 'sessions' }),
  };
  const begun = clock.monotonic();
  const counts = await refreshTokens(deps, 0, Number.POSITIVE_INFINITY, unhurried);
  const took = clock.monotonic() - begun;
  clearInterval(sampling);
  if (counts.failed > 0) throw new Error(`${counts.failed} refreshes failed`);
  return { perSecond: (counts.refreshed / took) * 1_000, refreshed: counts.refreshed, peakMb: peak / 1e6 };
}
