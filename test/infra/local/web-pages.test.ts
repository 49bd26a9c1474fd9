import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway } from '../../../infra/local/api-gateway.ts';
import { clientAt, type Database, startDatabase } from '../../../infra/local/dynamodb.ts';
import { startEventBus } from '../../../infra/local/eventbridge.ts';
import { startIamProxy } from '../../../infra/local/iam.ts';
import { startLambda } from '../../../infra/local/lambda.ts';
import { startScheduler } from '../../../infra/local/scheduler.ts';
import { startSecretsManager } from '../../../infra/local/secrets-manager.ts';
import { startSes } from '../../../infra/local/ses.ts';
import { startSimulator } from '../../../infra/simulator/simulator.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';

let database: Database;
const stops: (() => unknown)[] = [];
const ports = new Map<string, string>();
beforeAll(async () => {
  database = await startDatabase({});
  const lambda = await startLambda({ bundles: '/nowhere', environmentOf: () => ({}), log: () => undefined });
  const simulator = await startSimulator();
  const servers = {
    database,
    lambda,
    events: await startEventBus({ name: 'bus', deliver: () => undefined }),
    proxy: await startIamProxy('dynamodb', database.endpoint, {} as Parameters<typeof startIamProxy>[2]),
    scheduler: await startScheduler({ deliver: async () => undefined }),
    secrets: await startSecretsManager(new Map()),
    mail: await startSes({ deliver: () => undefined, clock: systemClock }),
  };
  for (const [name, { endpoint, stop }] of Object.entries(servers)) {
    ports.set(name, endpoint);
    stops.push(stop);
  }
  ports.set('control', simulator.origins.origin.replace('/www', '/_gym/clock'));
  stops.push(simulator.stop);
});
afterAll(async () => {
  // The database is stopped last, because the proxy still has a connection to it.
  for (const stop of stops.toReversed()) await stop();
});

/** Sends headers that `fetch` would not let through. */
async function send(url: string, headers: Record<string, string>, method = 'POST') {
  const outgoing = request(url, { method, headers, agent: false });
  outgoing.end();
  const [answer] = await once(outgoing, 'response');
  return { status: answer.statusCode as number, headers: answer.headers, body: await text(answer) };
}

const NAMES = ['database', 'lambda', 'events', 'proxy', 'scheduler', 'secrets', 'mail', 'control'];

describe.each(NAMES)('the port of %s is closed to web pages', (name) => {
  test.each([
    ['with the origin of a page', { origin: 'https://evil.example' }],
    ['with the origin of a file', { origin: 'null' }],
    ['of another site, without an origin', { 'sec-fetch-site': 'cross-site' }],
    ['under a name that resolves to this machine', { host: 'evil.example' }],
    ['under a name that begins as this machine', { host: '127.0.0.1.evil.example' }],
  ])('a request %s', async (_what, headers) => {
    for (const method of ['POST', 'GET', 'OPTIONS']) {
      const answer = await send(ports.get(name) ?? '', headers, method);

      expect([403, 404]).toContain(answer.status);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

test('programs of this machine are answered', async () => {
  const { TableNames } = await clientAt(database.endpoint).send(new ListTablesCommand());

  expect(TableNames).toContain('sessions');
  expect((await send(ports.get('control') ?? '', {}, 'GET')).status).toBe(200);
});

describe('the port of the API', () => {
  let url: string;
  let stop: () => void;
  beforeAll(async () => {
    const invoke = async () => ({ payload: { statusCode: 200, body: 'answered' } });
    ({ url, stop } = await startGateway({ port: 0, invoke, publicHost: () => 'gym.example' }));
  });
  afterAll(() => stop());

  test('refuses a host that is neither this machine nor PUBLIC_URL', async () => {
    expect(await send(`${url}/v1/health`, { host: 'evil.example' }, 'GET')).toMatchObject({ status: 421 });
    expect(await send(`${url}/v1/health`, { host: 'gym.example' }, 'GET')).toMatchObject({ status: 200 });
    expect(await send(`${url}/v1/health`, { host: 'localhost:3000' }, 'GET')).toMatchObject({ status: 200 });
  });

  test('lets no other origin read its answers, as the deployed API without `corsOrigins`', async () => {
    const answer = await send(`${url}/v1/health`, { origin: 'https://evil.example' }, 'GET');

    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
