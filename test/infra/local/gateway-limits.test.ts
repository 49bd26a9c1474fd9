import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type GatewayOptions, startGateway } from '../../../infra/local/api-gateway.ts';
import type { InvocationResult } from '../../../infra/local/lambda-runner.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const ANSWER: InvocationResult = { payload: { statusCode: 200, body: 'ok' } };

async function start(options: Partial<GatewayOptions>) {
  const { url, stop } = await startGateway({ port: 0, invoke: async () => ANSWER, ...options });
  stops.push(stop);
  return url;
}

/**
 * Opens a connection. @property received resolves, once the connection is closed, to what has come: nothing may be left of it,
 * because a server that closes while its client still sends resets the connection.
 */
function open(url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  // A reset is no failure of the test. `once` would reject after one.
  socket.on('error', () => undefined);
  const received = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  return { socket, received };
}

/** Invocations that run until the test ends them. */
function heldInvocations() {
  const ends: (() => void)[] = [];
  const invoke = () => new Promise<InvocationResult>((resolve) => ends.push(() => resolve(ANSWER)));
  return { ends, invoke };
}

test('so many functions run at once, so many requests wait, and the rest is told to come back', async () => {
  const { ends, invoke } = heldInvocations();
  const url = await start({ invoke, limits: { running: 2, waiting: 3 } });
  const answers = Array.from({ length: 9 }, () => fetch(`${url}/v1/sessions`));

  const refused: Response[] = [];
  for (const answer of answers) void answer.then((response) => refused.push(response));
  await expect.poll(() => refused.length).toBe(4);
  expect(ends).toHaveLength(2);
  expect(refused[0]?.headers.get('retry-after')).toBe('1');

  for (let ended = 0; ended < 5; ended += 1) {
    await expect.poll(() => ends.length).toBeGreaterThan(ended);
    ends[ended]?.();
  }
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([200, 200, 200, 200, 200, 429, 429, 429, 429]);
  expect(ends).toHaveLength(5);
});

test('a client that sends its headers or its body drop by drop is cut off', async () => {
  const url = await start({ limits: { headersMs: 60, requestMs: 120 } });
  for (const begun of [
    'GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ',
    'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\na',
  ]) {
    const { socket, received } = open(url);
    socket.write(begun);

    expect(await received).toMatch(/^(?:HTTP\/1\.1 408|$)/);
  }
});

test('too many headers, and headers that are too long, are refused', async () => {
  const { socket, received } = open(await start({}));
  socket.write(`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n${'x: y\r\n'.repeat(10_000)}\r\n`);

  expect(await received).toMatch(/^(?:HTTP\/1\.1 431|$)/);
});

test('bodies that together take too much memory are refused, and their memory is free again', async () => {
  const { ends, invoke } = heldInvocations();
  const url = await start({ invoke, limits: { bodyBytes: 1_000 } });
  const send = (bytes: number) => fetch(`${url}/v1/login`, { method: 'POST', body: 'x'.repeat(bytes) });
  const first = send(900);
  await expect.poll(() => ends.length).toBe(1);

  expect((await send(200)).status).toBe(429);
  ends[0]?.();
  expect((await first).status).toBe(200);
  const third = send(200);
  await expect.poll(() => ends.length).toBe(2);
  ends[1]?.();
  expect((await third).status).toBe(200);
});

test('a client that sends many requests without waiting for an answer gets a bounded number of functions', async () => {
  const { ends, invoke } = heldInvocations();
  const url = await start({ invoke, limits: { running: 2, waiting: 3, requestsPerConnection: 50 } });
  const { socket, received } = open(url);
  socket.write('GET /v1/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(500));
  await expect.poll(() => ends.length).toBe(2);
  for (let ended = 0; ended < 5; ended += 1) {
    await expect.poll(() => ends.length).toBeGreaterThan(ended);
    ends[ended]?.();
  }
  await received;

  expect(ends).toHaveLength(5);
});

test('a client that goes away in the middle of a request harms nobody', async () => {
  const url = await start({});
  const { socket } = open(url);
  socket.write('POST /v1/login HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\na');
  await once(socket, 'connect');
  socket.resetAndDestroy();

  expect((await fetch(`${url}/v1/health`)).status).toBe(200);
});
