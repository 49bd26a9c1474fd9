import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AimHarder, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { boxUrl, originsFrom, urlAt } from '../../lib/aimharder/origins.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
});
beforeEach(() => {
  upstream.heard.length = 0;
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const session = {
  fingerprint: 'secret-fingerprint',
  token: 'secret-token',
  cookies: [{ name: 'amhrdrauth', value: 'secret-cookie' }],
};
const at = { box: 'crossfit-demo', day: '2026-03-27' };
const credentials = { email: 'ada@example.com', password: 'secret-password', fingerprint: 'secret-fingerprint' };

type Call = (client: AimHarder, signal: AbortSignal) => Promise<unknown>;
/** Every call; where a lost answer is a value, the failure in it. */
const CALLS: readonly (readonly [name: string, call: Call])[] = [
  ['login', (client, signal) => client.login(credentials, signal)],
  ['setRefresh', (client, signal) => client.setRefresh(session, signal)],
  ['updateToken', (client, signal) => client.updateToken(session, signal)],
  ['whoAmI', (client, signal) => client.whoAmI(session, signal)],
  ['listClasses', (client, signal) => client.listClasses(session, { ...at, boxId: '1' }, signal)],
  ['cancel', (client, signal) => client.cancel(session, { ...at, bookingId: '7', late: false }, signal)],
  [
    'book',
    async (client, signal) => {
      const answer = await client.book(session, { ...at, classId: '7' }, signal);
      throw answer.kind === 'unanswered' ? answer.failure : answer;
    },
  ],
];
const failureOf = (call: Call, signal = new AbortController().signal) =>
  call(aimHarder, signal).then(
    () => undefined,
    (failure: unknown) => failure,
  );
const book = () => aimHarder.book(session, { ...at, classId: '7' }, new AbortController().signal);

/** Aborts once AimHarder has the request. */
function abortedOnArrival(scripted: Scripted): AbortSignal {
  const patience = new AbortController();
  upstream.answer(() => {
    setImmediate(() => patience.abort());
    return scripted;
  });
  return patience.signal;
}

describe.each(CALLS)('%s', (name, call) => {
  test.each<[string, Scripted]>([
    ['no answer', { does: 'nothing' }],
    ['an answer that drips in without end', { does: 'drip', body: ' ' }],
  ])('%s is waited for until the deadline, and may have taken effect', async (_what, scripted) => {
    const failure = await failureOf(call, abortedOnArrival(scripted));

    expect(failure).toBeInstanceOf(UpstreamFailure);
    expect(failure).toMatchObject({ code: 'upstream-timeout', mayHaveTakenEffect: true });
  });

  test('after its deadline a request is not sent', async () => {
    const failure = await failureOf(call, AbortSignal.abort());

    expect(failure).toMatchObject({ code: 'upstream-timeout', mayHaveTakenEffect: false });
    expect(upstream.heard).toEqual([]);
  });

  test('an endless answer is cut off', async () => {
    upstream.answer({ does: 'flood', body: 'x'.repeat(200_000) });

    expect(await failureOf(call)).toMatchObject({ code: 'upstream-rejected', mayHaveTakenEffect: true });
  });

  test.each<[string, Scripted]>([
    ['a reset', { does: 'reset' }],
    ['a connection that closes', { does: 'close' }],
    ['half an answer', { does: 'half', body: '{"bookState":1}' }],
    ['what is not HTTP', { does: 'no-http', body: 'secret-token is not HTTP\r\n\r\n' }],
    ['a switch to another protocol', { does: 'switch' }],
    ['a head that is too long', { headers: { 'x-long': 'x'.repeat(20_000) } }],
  ])('%s: it may have taken effect, and is not sent again', async (_what, scripted) => {
    upstream.answer(scripted);

    const failure = await failureOf(call);

    expect(failure).toMatchObject({ code: 'upstream-unreachable', mayHaveTakenEffect: true });
    expect(upstream.heard).toHaveLength(1);
  });

  test('over a kept connection that is dead, a read is sent again and any other request is not', async () => {
    const isRead = name === 'whoAmI' || name === 'listClasses';
    upstream.answer({ body: '{}' });
    await Promise.all([failureOf(call), failureOf(call)]);
    const kept = new Set(upstream.heard.map(({ port }) => port));
    upstream.answer(({ port }) => (kept.has(port) ? { does: 'reset' } : { status: 418 }));
    upstream.heard.length = 0;

    const failure = await failureOf(call);

    expect(kept.size).toBe(2);
    expect(failure).toMatchObject({ code: isRead ? 'upstream-rejected' : 'upstream-unreachable' });
    expect(upstream.heard).toHaveLength(isRead ? 3 : 1);
  });

  test('a refused connection: the request was certainly not sent', async () => {
    const deaf = await scriptedUpstream();
    deaf.stop();
    const client = new AimHarder({ origins: deaf.origins, clock: systemClock });

    const failure = await call(client, new AbortController().signal).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'upstream-unreachable', mayHaveTakenEffect: false });
  });

  test('a redirect is not followed', async () => {
    upstream.answer({ status: 307, headers: { location: `${upstream.origins.login}/elsewhere` } });

    await failureOf(call);

    expect(upstream.heard).toHaveLength(1);
  });

  test.each<[string, Scripted]>([
    ['reset', { does: 'reset' }],
    ['not HTTP', { does: 'no-http', body: 'secret-token is not HTTP\r\n\r\n' }],
    ['half', { does: 'half', body: 'secret-token' }],
    ['echoed', { body: '<html>secret-token secret-cookie secret-password</html>', status: 500 }],
    ['late', { does: 'nothing' }],
  ])('a failure holds nothing that was sent or received (%s)', async (_what, scripted) => {
    const failure = await failureOf(call, abortedIfLate(scripted));

    expect(failure).toBeInstanceOf(UpstreamFailure);
    expect(inspect(failure, { depth: Infinity, showHidden: true, getters: true })).not.toMatch(/secret-/);
    expect(JSON.stringify(failure)).not.toMatch(/secret-/);
  });
});

function abortedIfLate(scripted: Scripted): AbortSignal {
  if (scripted.does === 'nothing') return abortedOnArrival(scripted);
  upstream.answer(scripted);
  return new AbortController().signal;
}

describe('a connection that was kept', () => {
  test('carries the next request', async () => {
    upstream.answer({ body: '{"bookState":-1}' });

    await book();
    await book();

    expect(new Set(upstream.heard.map(({ port }) => port)).size).toBe(1);
  });

  test.each(['reset', 'close'] as const)('and breaks (%s) during a booking: the booking is sent once', async (does) => {
    upstream.answer({ body: '{"bookState":-1}' });
    await book();
    upstream.answer({ does });

    const answer = await book();

    expect(answer).toMatchObject({ kind: 'unanswered', failure: { mayHaveTakenEffect: true } });
    expect(upstream.heard).toHaveLength(2);
    expect(new Set(upstream.heard.map(({ port }) => port)).size).toBe(1);
  });

  test('and is closed after the answer: the next request uses another', async () => {
    upstream.answer({ headers: { connection: 'close' }, body: '{"bookState":-1}' });

    await book();
    const answer = await book();

    expect(answer.kind).toBe('class-full');
    expect(new Set(upstream.heard.map(({ port }) => port)).size).toBe(2);
  });
});

test('a request that is aborted while it waits for a connection was certainly not sent', async () => {
  const client = new AimHarder({ origins: upstream.origins, clock: systemClock, connections: 1 });
  const order = { ...at, classId: '7' };
  const first = new AbortController();
  const second = new AbortController();
  const arrived = new Promise<void>((resolve) => {
    upstream.answer(() => {
      resolve();
      return { does: 'nothing' };
    });
  });
  const kept = client.book(session, order, first.signal);
  await arrived;

  const waiting = client.book(session, order, second.signal);
  second.abort();

  expect(await waiting).toMatchObject({ failure: { code: 'upstream-timeout', mayHaveTakenEffect: false } });
  expect(upstream.heard).toHaveLength(1);
  first.abort();
  expect(await kept).toMatchObject({ failure: { mayHaveTakenEffect: true } });
});

test('secrets are sent only where they belong', async () => {
  upstream.answer({ body: '{}' });

  for (const [, call] of CALLS) await failureOf(call);

  const told = (secret: string) =>
    upstream.heard
      .filter((heard) => JSON.stringify(heard).includes(secret))
      .map(({ path }) => path.replace(/\?.*/, ''));
  expect(told('secret-password')).toEqual(['/login/api/login']);
  expect(told('secret-fingerprint')).toEqual(['/login/api/login', '/www/setrefresh', '/www/api/tokenUpdate']);
  expect(told('secret-token')).toEqual(['/www/setrefresh', '/www/api/tokenUpdate']);
  expect(told('secret-cookie')).not.toContain('/login/api/login');
});

describe('origins', () => {
  const own = originsFrom({ AIMHARDER_BOX_ORIGIN: 'http://127.0.0.1:1/a/{box}/b/' });

  test('are AimHarder’s own by default', () => {
    const { origin, login, box } = originsFrom({});

    expect([origin, login, box]).toEqual([
      'https://aimharder.com',
      'https://login.aimharder.com',
      'https://{box}.aimharder.com',
    ]);
  });

  test.each([
    ['http://127.0.0.1:1/www', 'http://127.0.0.1:1/www/api/whoami'],
    ['http://127.0.0.1:1/www//', 'http://127.0.0.1:1/www/api/whoami'],
    ['https://aimharder.es', 'https://aimharder.es/api/whoami'],
  ])('%s keeps its path', (origin, expected) => {
    expect(urlAt(origin, '/api/whoami').href).toBe(expected);
  });

  test('{box} is replaced in a path too', () => {
    expect(boxUrl(own, 'crossfit-demo', '/api/book').href).toBe('http://127.0.0.1:1/a/crossfit-demo/b/api/book');
  });

  test.each(['127.0.0.1', 'evil.com/', 'a.b', '..', '%2e', 'A', '', 'a\n', '-a', 'a-', 'a@b', 'é', 'a'.repeat(64)])(
    'a box named %j is refused',
    (box) => {
      expect(() => boxUrl(own, box, '/api/book')).toThrow('one DNS label');
    },
  );

  test.each([
    { AIMHARDER_ORIGIN: 'ftp://aimharder.com' },
    { AIMHARDER_LOGIN_ORIGIN: 'aimharder.com' },
    { AIMHARDER_BOX_ORIGIN: 'https://box.aimharder.com' },
    { AIMHARDER_BOX_ORIGIN: 'javascript:{box}' },
  ])('%j is refused at the start', (environment) => {
    expect(() => originsFrom(environment)).toThrow('configuration');
  });
});
