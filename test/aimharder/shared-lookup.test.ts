import { createServer } from 'node:http';
import type { LookupFunction } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openConnection } from '../../lib/aimharder/connection.ts';
import { sharedLookup } from '../../lib/aimharder/shared-lookup.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

const HOST = 'box.aimharder.example';
const start = Date.parse('2026-03-27T19:28:37.613Z');

/** A name service that gives a balancer's addresses in another order each time, and fails as often as told at first. */
function nameService({ failures = 0 } = {}) {
  const addresses = ['192.0.2.1', '192.0.2.2'].map((address) => ({ address, family: 4 }));
  let asked = 0;
  const ask: LookupFunction = (_host, _options, callback) => {
    asked += 1;
    if (asked <= failures) queueMicrotask(() => callback(new Error('the name service does not answer'), []));
    else queueMicrotask(() => callback(null, asked % 2 ? addresses : addresses.toReversed()));
  };
  return { ask, asked: () => asked };
}

const resolve = (lookup: LookupFunction, host = HOST): Promise<unknown> =>
  new Promise((done, fail) =>
    lookup(host, { all: true }, (error, found) => (error ? fail(error) : done(JSON.stringify(found)))),
  );

test('all connections of a process try the addresses of a name in one order, for 30 s', async () => {
  const clock = manualClock(start);
  const { ask, asked } = nameService();
  const lookup = sharedLookup(clock, ask);
  const [first, second] = await Promise.all([resolve(lookup), resolve(lookup)]);
  expect(second).toBe(first);

  clock.advance(30 * SECOND);
  expect(await resolve(lookup)).toBe(first);
  expect(asked()).toBe(1);
  clock.advance(1);
  expect(await resolve(lookup)).not.toBe(first);
});

test('each name is resolved by itself, and an answer from before a standstill is not used', async () => {
  const clock = manualClock(start);
  const { ask, asked } = nameService();
  const lookup = sharedLookup(clock, ask);
  await resolve(lookup);
  await resolve(lookup, 'other-box.aimharder.example');
  expect(asked()).toBe(2);

  clock.step(15 * 60 * SECOND);
  await resolve(lookup);
  expect(asked()).toBe(3);
});

test('a failure is told to all who wait, and the next connection asks again', async () => {
  const { ask } = nameService({ failures: 1 });
  const lookup = sharedLookup(manualClock(start), ask);
  const ends = await Promise.allSettled([resolve(lookup), resolve(lookup)]);

  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await resolve(lookup)).toContain('192.0.2.1');
});

describe('a query that is never answered', () => {
  /** A name service that loses its first queries. */
  function forgetful(lost: number) {
    let asked = 0;
    const late: (() => void)[] = [];
    const ask: LookupFunction = (_host, _options, callback) => {
      asked += 1;
      const answer = () => callback(null, [{ address: `192.0.2.${asked}`, family: 4 }]);
      if (asked <= lost) late.push(answer);
      else queueMicrotask(answer);
    };
    return { ask, asked: () => asked, late };
  }

  test('holds up no connection for longer than a second, and the next answer is for all who wait', async () => {
    const clock = manualClock(start);
    const { ask, asked } = forgetful(1);
    const lookup = sharedLookup(clock, ask);
    const waiting = [resolve(lookup), resolve(lookup)];
    clock.advance(SECOND);
    waiting.push(resolve(lookup));
    expect(asked()).toBe(1);

    clock.advance(1);
    const found = await resolve(lookup);

    expect(found).toContain('192.0.2.2');
    expect(await Promise.all(waiting)).toEqual([found, found, found]);
    expect(asked()).toBe(2);
  });

  test('but late is an answer like any other', async () => {
    const clock = manualClock(start);
    const { ask, asked, late } = forgetful(2);
    const lookup = sharedLookup(clock, ask);
    const first = resolve(lookup);
    clock.advance(2 * SECOND);
    const second = resolve(lookup);

    for (const answer of late) answer();

    expect(await first).toBe(await second);
    expect(asked()).toBe(2);
  });
});

test('a name service that throws at once fails the connection, and the next one asks again', async () => {
  let asked = 0;
  const ask: LookupFunction = (_host, _options, callback) => {
    asked += 1;
    if (asked === 1) throw new TypeError('The name is no text.');
    queueMicrotask(() => callback(null, [{ address: '192.0.2.1', family: 4 }]));
  };
  const lookup = sharedLookup(manualClock(start), ask);

  await expect(resolve(lookup)).rejects.toThrow('The name is no text.');
  expect(await resolve(lookup)).toContain('192.0.2.1');
});

test('a probe goes to the address that was looked up, and tells it', async () => {
  const server = createServer((_, answer) => answer.end()).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const origin = `http://${HOST}:${port}`;
  const lookup: LookupFunction = (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
  const connection = openConnection({
    origins: { origin, login: origin, box: origin },
    box: 'box',
    clock: systemClock,
    lookup,
  });

  expect(await connection.probe([], new AbortController().signal)).toMatchObject({ address: '127.0.0.1' });
  connection.close();
  server.close();
});
