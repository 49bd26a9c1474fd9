import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AimHarder, prepareShot } from '../../lib/aimharder/client.ts';
import { type Connection, openConnection } from '../../lib/aimharder/connection.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
});
beforeEach(() => {
  upstream.heard.length = 0;
});
afterAll(() => upstream.stop());

const at = { box: 'crossfit-demo', day: '2026-03-27' };
const session = { fingerprint: 'fingerprint', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'secret' }] };

describe('the connection of a shot', () => {
  const signal = new AbortController().signal;
  const balanced = [
    ...session.cookies,
    { name: 'AWSALB', value: 'server-a' },
    { name: 'AWSALBCORS', value: 'server-a' },
  ];
  const open = () => openConnection({ origins: upstream.origins, box: at.box, clock: systemClock });
  const shotOver = (connection: Connection) =>
    prepareShot(connection, systemClock, { ...session, cookies: balanced }, { ...at, classId: '7' });

  test('is the one that was warmed, and the shot has the instant at which it was sent', async () => {
    const connection = open();
    upstream.answer({ body: '{"bookState":1,"id":"9"}' });
    await connection.probe([], signal);
    const way = connection.routeId();
    await connection.warm([], signal);
    const before = systemClock.monotonic();

    const { answer, sentAt } = await shotOver(connection).fire(signal);

    expect(answer).toMatchObject({ kind: 'booked', bookingId: '9' });
    expect(sentAt).toBeGreaterThanOrEqual(before);
    expect(sentAt).toBeLessThanOrEqual(systemClock.monotonic());
    const [probed, ...others] = upstream.heard;
    const fired = others.at(-1);
    expect([probed?.method, fired?.method]).toEqual(['GET', 'POST']);
    expect(fired?.port).toBe(probed?.port);
    expect(connection.routeId()).toBe(way);
    connection.close();
  });

  test('probes the server of the shot by the balancer’s cookies, and sends nothing else of the session', async () => {
    const connection = open();
    upstream.answer({ body: '' });

    const { connection: number } = await connection.probe(balanced, signal);

    expect(number).toBe(1);
    expect(upstream.heard[0]?.headers['cookie']).toBe('AWSALB=server-a; AWSALBCORS=server-a');
    connection.close();
  });

  test('if it is lost, is replaced by the spare connection, which is already open', async () => {
    const connection = open();
    upstream.answer({ body: '{"bookState":1,"id":"9"}' });
    await connection.warm([], signal);
    const way = connection.routeId();
    const ports = upstream.heard.map(({ port }) => port);
    upstream.answer({ does: 'reset' });
    await connection.probe([], signal).catch(() => undefined);
    upstream.answer({ body: '{"bookState":1,"id":"9"}' });

    const lost = connection.routeId();
    await shotOver(connection).fire(signal);

    expect(lost).not.toBe(way);
    expect(upstream.heard.at(-1)?.method).toBe('POST');
    expect(ports).toContain(upstream.heard.at(-1)?.port);
    connection.close();
  });

  test('if it is lost and reopened, has another route id', async () => {
    const connection = open();
    upstream.answer({ body: '' });
    await connection.probe([], signal);
    const way = connection.routeId();
    upstream.answer({ does: 'reset' });
    await connection.probe([], signal).catch(() => undefined);
    upstream.answer({ body: '' });

    const { connection: number } = await connection.probe([], signal);

    expect(number).toBe(2);
    expect(connection.routeId()).not.toBe(way);
    connection.close();
  });

  test('is ready beforehand, and the shot is sent at its instant, not before', async () => {
    const connection = open();
    upstream.answer({ body: '{"bookState":1,"id":"9"}' });
    await connection.warm([], signal);
    upstream.heard.length = 0;

    const shot = shotOver(connection);
    await new AimHarder({ origins: upstream.origins, clock: systemClock })
      .whoAmI(session, signal)
      .catch(() => undefined);
    const before = upstream.heard.map(({ method }) => method);
    await shot.fire(signal);

    expect(before).not.toContain('POST');
    expect(upstream.heard.map(({ method }) => method)).toContain('POST');
    connection.close();
  });

  test('if it is lost while the shot waits, is replaced, and one request is sent', async () => {
    const connection = open();
    upstream.answer({ body: '{"bookState":1,"id":"9"}' });
    await connection.warm([], signal);
    const shot = shotOver(connection);
    upstream.hangUp();
    while (connection.routeId() === 'main 1') await new Promise((resolve) => setImmediate(resolve));

    const { answer } = await shot.fire(signal);

    expect(answer).toMatchObject({ kind: 'booked' });
    expect(upstream.heard.filter(({ method }) => method === 'POST')).toHaveLength(1);
    connection.close();
  });

  test('is lost if an answer comes before the shot is sent, and another one carries the shot', async () => {
    const connection = open();
    upstream.answer({ body: '{"bookState":1,"id":"9"}' });
    await connection.probe([], signal);
    const way = connection.routeId();
    const shot = shotOver(connection);
    upstream.say('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n');
    while (connection.routeId() === way) await new Promise((resolve) => setImmediate(resolve));

    expect(shot.isLost()).toBe(true);
    expect((await shot.fire(signal)).answer).toMatchObject({ kind: 'booked' });
    expect(upstream.heard.filter(({ method }) => method === 'POST')).toHaveLength(1);
    connection.close();
  });

  test('has not delivered a shot that is answered 408', async () => {
    const connection = open();
    upstream.answer({ status: 408 });

    const { answer } = await shotOver(connection).fire(signal);

    expect(answer).toMatchObject({ kind: 'unanswered', failure: { mayHaveTakenEffect: false } });
    connection.close();
  });

  test('is the spare one while a slow probe waits for its answer, and the main one afterwards', async () => {
    const connection = open();
    upstream.answer({ body: '{"bookState":1,"id":"9"}' });
    await connection.warm([], signal);
    const way = connection.routeId();
    const answered = Promise.withResolvers<void>();
    upstream.answer(({ method }) =>
      method === 'GET' ? { after: answered.promise } : { body: '{"bookState":1,"id":"9"}' },
    );
    const slow = connection.probe([], signal);
    while (connection.routeId() === way) await new Promise((resolve) => setImmediate(resolve));

    expect((await shotOver(connection).fire(signal)).answer).toMatchObject({ kind: 'booked' });
    answered.resolve();
    await slow;
    expect(connection.routeId()).toBe(way);
    connection.close();
  });
});
