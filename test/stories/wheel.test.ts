import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { boundPort } from '../../infra/local/loopback.ts';
import { startStack } from '../../infra/local/stack.ts';
import { parseKeys } from '../../lib/platform/secrets.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { LoginWrites } from '../../lib/sessions/login-writes.ts';
import { SessionStore } from '../../lib/sessions/session-store.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { documentsAt } from '../support/platform/dynamo.ts';
import { device } from '../support/sessions/session-world.ts';
import { type OwnEngine, ownEngine } from '../support/stories/own-engine.ts';

/** The function as it deploys, with as many sessions as no default takes at once, in several shards. */
const SESSIONS = 60;
const SETTINGS = { REFRESH_CONCURRENCY: String(SESSIONS), REFRESH_SLOTS: '2', REFRESH_SHARDS: '3' };
const SECRETS = {
  keys: JSON.stringify({ current: 'k1', k1: 'key-of-the-wheel-tests'.padEnd(43, '.') }),
  salt: JSON.stringify({ fingerprintSalt: 'salt' }),
  push: JSON.stringify({ vapidKey: 'v'.repeat(43) }),
};

let aimHarder: Awaited<ReturnType<typeof patientAimHarder>>;
let engine: OwnEngine | undefined;
let stack: Awaited<ReturnType<typeof startStack>>;
beforeAll(async () => {
  aimHarder = await patientAimHarder();
  engine = await ownEngine();
  stack = await startStack({
    ...(engine && { dynamodbEndpoint: engine.endpoint }),
    bundles: inject('bundles'),
    origins: { origin: aimHarder.origin, login: aimHarder.origin, box: `${aimHarder.origin}/{box}` },
    secrets: SECRETS,
    settings: SETTINGS,
    startsRecurring: false,
    maxLatenessMs: 0,
    log: () => undefined,
  });
});
afterAll(async () => {
  await stack.stop();
  engine?.stop();
  aimHarder.stop();
});

/** Holds its answers until a given number of requests has come. */
async function patientAimHarder() {
  let waiting: Array<() => void> = [];
  let wanted = 1;
  const server = createServer((request, response) => {
    request.resume();
    waiting.push(() => response.end('{"newToken":"next"}'));
    if (waiting.length < wanted) return;
    for (const answer of waiting) answer();
    waiting = [];
  });
  // Only the function closes a connection: a server that closes idle ones would do so in its place.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${boundPort(server)}`,
    answerWhenAsked: (times: number) => {
      wanted = times;
    },
    openConnections: () => promisify(server.getConnections.bind(server))(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function stores() {
  const documents = documentsAt(stack.endpoints['dynamodb'] ?? '');
  const sessions = new SessionStore({ documents, table: 'sessions', clock, logger: quiet });
  const secrets = async () => ({ keys: parseKeys(SECRETS.keys, 'keys') });
  return {
    sessions,
    logins: new LoginWrites({ documents, table: 'sessions', clock, sessions, secrets, refreshPartitions: 6 }),
  };
}

const wake = async (time: string) => (await stack.invoke('refresh-tokens', { scheduledTime: time })).payload;

test('every shard is refreshed at the full concurrency, and no session waits for a connection', async () => {
  const { sessions, logins } = stores();
  const email = 'ada@example.com';
  for (let number = 0; number < SESSIONS; number += 1)
    await logins.storeSession(device(email, `device-${String(number).padStart(3, '0')}`));
  await wake('2020-01-01T00:00:00Z');
  await wake('2020-01-01T00:01:00Z');
  const before = new Map((await sessions.getAllUserSessions(email)).map((one) => [one.fingerprint, one]));
  aimHarder.answerWhenAsked(SESSIONS);

  const counts = await wake('2020-01-01T00:03:00Z');

  expect(counts).toMatchObject({ refreshed: SESSIONS, failed: 0, notStarted: 0 });
  for (const session of await sessions.getAllUserSessions(email))
    expect(session.tokenUpdateCount).toBe((before.get(session.fingerprint)?.tokenUpdateCount ?? 0) + 1);
});

test('no connection to AimHarder stays open between runs, because its balancer closes idle ones', async () => {
  await stores().logins.storeSession(device('grace@example.com', 'phone-12345'));
  aimHarder.answerWhenAsked(1);

  expect(await wake('2020-01-02T00:00:00Z')).toMatchObject({ failed: 0 });
  expect(await wake('2020-01-02T00:01:00Z')).toMatchObject({ failed: 0 });

  await expect.poll(aimHarder.openConnections).toBe(0);
});

test('a slot with more work than one run does alone is shared with runs that the function starts itself', async () => {
  const { sessions, logins } = stores();
  const email = 'grete@example.com';
  for (let number = 0; number < 20; number += 1) await logins.storeSession(device(email, `device-${number}`));
  const refreshes = async () =>
    (await sessions.getAllUserSessions(email)).map(({ tokenUpdateCount }) => tokenUpdateCount).toSorted();
  const work = { work0: 3_000, work1: 3_000, work2: 3_000, work3: 3_000, work4: 3_000, work5: 3_000 };
  await documentsAt(stack.endpoints['dynamodb'] ?? '').send(
    new PutCommand({ TableName: 'sessions', Item: { email: '#refresh', fingerprint: 'cursor', ...work } }),
  );
  aimHarder.answerWhenAsked(1);

  await wake('2020-01-03T12:00:00Z');
  await wake('2020-01-03T12:01:00Z');

  await expect.poll(refreshes).toEqual(Array(20).fill(1));
});

test('a run for a future minute fails, and later runs go on', async () => {
  const { functionError, payload } = await stack.invoke('refresh-tokens', { scheduledTime: '2120-01-01T00:00:00Z' });

  expect(functionError).toBeDefined();
  expect(payload).toMatchObject({ errorMessage: expect.stringContaining('ahead of the clock') });
  expect(await wake('2020-01-03T00:00:00Z')).toMatchObject({ refreshed: expect.any(Number) });
});
