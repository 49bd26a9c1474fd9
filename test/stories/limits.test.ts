import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../lib/platform/limits.ts';
import { RateLimits } from '../../lib/platform/rate-limits.ts';
import type { Answer } from '../support/infra/described.ts';
import { expectProblem } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/* One member, or one stranger, tries to take more than their part. The numbers stand in lib/platform/limits.ts. */

let world: World;
/** A member who has logged in before any stranger guesses. */
let other: Awaited<ReturnType<typeof loggedIn>>;
beforeAll(async () => {
  world = await startWorld();
  other = await loggedIn();
});
afterAll(() => world.stop());

const HOUR = 3_600_000;

async function loggedIn() {
  const member = world.member();
  return { ...member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
}

const timesInARow = async <T>(count: number, work: (index: number) => Promise<T>) => {
  const results: T[] = [];
  for (let index = 0; index < count; index += 1) results.push(await work(index));
  return results;
};

test('a member who has used up the requests is told to wait by every function, and other members are served', async () => {
  const { email, phone } = await loggedIn();
  // As many requests as some functions have counted already: with a real flood, the test would depend on the machine.
  const counted = { limit: 'requests', email, allowance: { ...LIMITS.requests, atOnce: 3_000 }, actions: 3_000 };
  await new RateLimits({ documents: world.documents, table: 'limits', clock: world.clock }).take(counted);

  for (const path of ['/v1/sessions', '/v1/boxes']) {
    // A function asks the others at every tenth request of a member.
    const answers = await timesInARow(11, () => phone.get(path));

    expect(answers.slice(0, 10).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(answers[10]).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
    expect(Number(answers[10]?.headers.get('retry-after'))).toBeGreaterThan(60);
  }
  expect((await other.phone.get('/v1/sessions')).status).toBe(200);
});

test('of a hundred orders at once, AimHarder gets as many as the limit allows', async () => {
  const { email, phone } = await loggedIn();
  const { box, day, classId } = await world.addClass({ opensInMs: -HOUR });
  const { atOnce, everyMs } = LIMITS.orders;
  const begun = world.clock.now();

  const answers = await Promise.all(
    Array.from({ length: 100 }, () => phone.post('/v1/bookings', { box, day, classId })),
  );

  const freed = Math.ceil((world.clock.now() - begun) / everyMs);
  const refused = answers.filter(({ status }) => status === 429);
  expect(world.simulator.record.bookings.filter((booking) => booking.email === email).length).toBeLessThanOrEqual(
    atOnce + freed,
  );
  expect(refused.length).toBeGreaterThanOrEqual(100 - atOnce - freed);
  expect(refused[0]?.body).toMatchObject({ code: 'too-many-requests' });
  expect(refused[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect((await phone.get('/v1/prebookings')).status).toBe(200);
});

describe('many logins of one member', () => {
  test('leave twenty device sessions, and "log out everywhere" leaves none', async () => {
    const member = world.member();
    const answers = await timesInARow(LIMITS.deviceSessions + 3, (index) =>
      world.login({ ...member, fingerprint: `phone-${String(index).padStart(5, '0')}` }),
    );
    const last = world.api.as(answers.at(-1) ?? '');
    const list = async () => (await last.get('/v1/sessions?limit=100')).body['sessions'];
    const types = ((await list()) as { sessionType: string }[]).map(({ sessionType }) => sessionType);

    expect(types.filter((type) => type === 'device')).toHaveLength(LIMITS.deviceSessions);
    expect(types.filter((type) => type === 'background')).toHaveLength(1);
    expectProblem(await world.api.as(answers[0] ?? '').get('/v1/sessions'), 401, 'unauthenticated');
    expect((await last.post('/v1/logout')).status).toBe(204);
    for (const token of answers.slice(-3))
      expectProblem(await world.api.as(token).get('/v1/sessions'), 401, 'unauthenticated');
    expect(await world.backgroundSessionOf(member.email)).toMatchObject({ state: 'active' });
  });

  test('forty at once succeed, are told to come back, or end too late', async () => {
    const member = world.member();

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        world.api.post('/v1/login', { ...member, fingerprint: `tablet-${String(index).padStart(5, '0')}` }),
      ),
    );

    const isToComeBack = ({ status, headers }: Answer) => [429, 503].includes(status) && headers.has('retry-after');
    // On a busy machine, AimHarder's answer comes too late to some.
    const isTooLate = ({ status, body }: Answer) => status === 504 && body['code'] === 'upstream-timeout';
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.filter((answer) => !isToComeBack(answer) && !isTooLate(answer))).toEqual([]);
    expect(refused.length).toBeLessThan(answers.length);
  });
});

describe('strangers who guess', () => {
  test('the 21st wrong password from one address, over 21 e-mails, does not reach AimHarder', async () => {
    const seen = () => world.simulator.record.logins.filter(({ email }) => email.startsWith('guessed-')).length;
    const guess = (index: number) =>
      world.api.post('/v1/login', { email: `guessed-${index}@example.com`, password: 'wrong' });

    const answers = await timesInARow(21, guess);

    expect(answers.slice(0, 20).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(answers[20]).toMatchObject({ status: 429, body: { code: 'too-many-attempts' } });
    expect(seen()).toBe(20);
  });

  test('lock out none who has a session here, nor a device that has logged in before', async () => {
    const { email, password } = other;
    for (let guess = 0; guess < 6; guess += 1) await world.api.post('/v1/login', { email, password: 'wrong' });

    expectProblem(await world.api.post('/v1/login', { email, password }), 429, 'too-many-attempts');
    expect((await world.api.post('/v1/login', { email, password, fingerprint: 'phone-12345' })).status).toBe(200);
  });
});
