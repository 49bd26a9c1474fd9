import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boundPort } from '../../infra/local/loopback.ts';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { composeAimHarder } from '../../lib/compose/sessions.ts';
import { createDocuments } from '../../lib/platform/dynamodb.ts';
import { wrapInvocation } from '../../lib/platform/invocation.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';

/* What becomes of the connections to AimHarder that runs share. */

let upstream: Awaited<ReturnType<typeof slowAimHarder>>;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await slowAimHarder();
  aimHarder = new AimHarder({ origins: upstream.origins, clock });
});
afterAll(() => upstream.stop());

const unhurried = new AbortController().signal;
const session = { fingerprint: 'phone-12345', token: 'token', cookies: [] };

/** Answers when the test says so. */
async function slowAimHarder() {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    waiting.push(response);
  });
  // Only the client closes a connection: a server that closes idle ones would do so in its place.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${boundPort(server)}`;
  return {
    origins: { origin, login: origin, box: `${origin}/{box}` },
    waiting: () => waiting.length,
    answer: () => waiting.shift()?.end('{"newToken":"next"}'),
    openConnections: () => promisify(server.getConnections.bind(server))(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

test('connections are closed after a run, and opened again by the next', async () => {
  for (let run = 0; run < 2; run += 1) {
    const answer = aimHarder.updateToken(session, unhurried);
    await expect.poll(upstream.waiting).toBe(1);
    upstream.answer();
    expect(await answer).toMatchObject({ kind: 'updated' });
    expect(await upstream.openConnections()).toBe(1);

    aimHarder.close();

    await expect.poll(upstream.openConnections).toBe(0);
  }
});

test('a function’s connections to AimHarder end with its invocation', async () => {
  const { origin, login, box } = upstream.origins;
  const environment = { AIMHARDER_ORIGIN: origin, AIMHARDER_LOGIN_ORIGIN: login, AIMHARDER_BOX_ORIGIN: box };
  const composed = composeAimHarder({ environment, documents: createDocuments() });
  const handler = wrapInvocation(async () => {
    const answer = composed.updateToken(session, unhurried);
    await expect.poll(upstream.waiting).toBe(1);
    upstream.answer();
    await answer;
    return upstream.openConnections();
  });

  expect(await handler(undefined, { awsRequestId: 'one' })).toBe(1);

  await expect.poll(upstream.openConnections).toBe(0);
});

test('a run that ends closes no connection that another run waits for; the last run closes all', async () => {
  const [first, second] = [aimHarder.updateToken(session, unhurried), aimHarder.updateToken(session, unhurried)];
  await expect.poll(upstream.waiting).toBe(2);
  upstream.answer();
  await Promise.race([first, second]);

  aimHarder.close();
  upstream.answer();

  expect(await Promise.all([first, second])).toMatchObject([{ kind: 'updated' }, { kind: 'updated' }]);
  aimHarder.close();
  await expect.poll(upstream.openConnections).toBe(0);
});

test('a request without an answer does not keep the connections open', async () => {
  const givenUp = new AbortController();
  const answer = aimHarder.updateToken(session, givenUp.signal);
  await expect.poll(upstream.waiting).toBe(1);
  givenUp.abort();
  await expect(answer).rejects.toThrow('in time');
  const next = aimHarder.updateToken(session, unhurried);
  await expect.poll(upstream.waiting).toBe(2);
  upstream.answer();
  upstream.answer();
  await next;

  aimHarder.close();

  await expect.poll(upstream.openConnections).toBe(0);
});
