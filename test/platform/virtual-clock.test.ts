import { once } from 'node:events';
import { createServer, type RequestListener, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { boundPort } from '../../infra/local/loopback.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';

/** The clock that other tests wait by. */

const START = Date.UTC(2026, 2, 20, 12);
const unhurried = new AbortController().signal;

function clockHere() {
  const clock = virtualClock(START);
  onTestFinished(clock.stop);
  return clock;
}

/** Starts a server. @returns a function that asks it, and returns the size of its answer in bytes. */
async function startServer(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return async (signal: AbortSignal, body = ''): Promise<number> => {
    const outgoing = request({ port: boundPort(server), host: '127.0.0.1', method: 'POST', signal }).end(body);
    const [incoming] = await once(outgoing, 'response');
    return (await buffer(incoming)).length;
  };
}

test('a wait takes exactly its time, and waits end in the order of their instants', async () => {
  const clock = clockHere();
  const ends: [string, number][] = [];
  const wait = async (name: string, millis: number) => {
    await clock.until(START + millis, unhurried);
    ends.push([name, clock.monotonic() - START]);
  };

  await clock.run(() => Promise.all([wait('last', 3_600_000), wait('first', 0.25), wait('second', 40)]));

  expect(ends).toEqual([
    ['first', 0.25],
    ['second', 40],
    ['last', 3_600_000],
  ]);
});

test('an answer that a server delays by the clock comes at that exact instant; sending takes no time', async () => {
  const clock = clockHere();
  const ask = await startServer(async (incoming, response) => {
    await buffer(incoming);
    await clock.until(clock.monotonic() + 250, unhurried);
    response.end(Buffer.alloc(8_000_000));
  });

  const size = await clock.run(() => ask(clock.timeout(251), 'x'.repeat(8_000_000)));

  expect([size, clock.monotonic() - START]).toEqual([8_000_000, 250]);
});

test('a request that is never answered ends exactly at its timeout, and the next one is waited for', async () => {
  const clock = clockHere();
  const ask = await startServer(async (incoming, response) => {
    if ((await buffer(incoming)).length > 0) response.end('answered');
  });

  const asked = clock.run(() => ask(clock.timeout(8_000)));

  await expect(asked).rejects.toThrow('aborted');
  expect(clock.monotonic() - START).toBe(8_000);
  expect(await clock.run(() => ask(clock.timeout(1), 'x'))).toBe('answered'.length);
  expect(clock.monotonic() - START).toBe(8_000);
});

test('a step of the wall clock changes no wait', async () => {
  const clock = clockHere();
  clock.step(-5_000);

  await clock.run(() => clock.until(START + 1_000, unhurried));

  expect([clock.now() - START, clock.monotonic() - START]).toEqual([-4_000, 1_000]);
});
