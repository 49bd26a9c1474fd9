import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateBackgroundFingerprint } from '../../lib/sessions/fingerprint.ts';
import { makeSessionUnreadable } from '../support/sessions/unreadable.ts';
import { expectProblem } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const sessionsOf = async (token: string) =>
  (await world.api.as(token).get('/v1/sessions')).body['sessions'] as readonly Record<string, unknown>[];

describe('login', () => {
  test('one login makes two sessions at AimHarder, and returns none of AimHarder’s secrets', async () => {
    const { email, password } = world.member();

    const answer = await world.api.post('/v1/login', {
      email,
      password,
      fingerprint: 'phone-12345',
      deviceName: 'Phone',
    });

    const background = generateBackgroundFingerprint(email, world.salt);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      tokenType: 'Bearer',
      warnings: [],
      session: {
        fingerprint: 'phone-12345',
        sessionType: 'device',
        protected: false,
        state: 'active',
        deviceName: 'Phone',
        current: true,
      },
      backgroundSession: {
        fingerprint: background,
        sessionType: 'background',
        protected: true,
        state: 'active',
        expiresAt: null,
        current: false,
      },
    });
    expect(
      world.simulator.record.logins.filter((login) => login.email === email).map(({ fingerprint }) => fingerprint),
    ).toEqual(['phone-12345', background]);
  });

  test('a second login on the same device leaves one device and one background session, and ends the first access token', async () => {
    const { email, password } = world.member();
    const first = await world.login({ email, password, fingerprint: 'phone-12345' });

    const second = await world.login({ email: ` ${email.toUpperCase()} `, password, fingerprint: 'phone-12345' });

    expect((await sessionsOf(second)).map(({ sessionType }) => sessionType).toSorted()).toEqual([
      'background',
      'device',
    ]);
    expectProblem(await world.api.as(first).get('/v1/sessions'), 401, 'unauthenticated');
  });

  test('another device adds a session; the background session keeps its createdAt', async () => {
    const { email, password } = world.member();
    const phone = await world.login({ email, password, fingerprint: 'phone-12345' });
    const born = (await sessionsOf(phone)).find(({ sessionType }) => sessionType === 'background')?.['createdAt'];

    const tablet = await world.login({ email, password, fingerprint: 'tablet-12345' });

    const sessions = await sessionsOf(tablet);
    expect(sessions).toHaveLength(3);
    expect(sessions.find(({ sessionType }) => sessionType === 'background')?.['createdAt']).toBe(born);
  });

  test('a login without a fingerprint gets a new one', async () => {
    const { email, password } = world.member();

    const answer = await world.api.post('/v1/login', { email, password });

    expect((answer.body['session'] as Record<string, unknown>)['fingerprint']).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  });

  test('a failed background login is reported, and the device’s login succeeds', async () => {
    const { email, password } = world.member();
    world.simulator.failNext('/api/login', { kind: 'status', status: 503 }, 1, { skip: 1 });

    const answer = await world.api.post('/v1/login', { email, password, fingerprint: 'phone-12345' });

    expect(answer).toMatchObject({
      status: 200,
      body: { backgroundSession: null, warnings: [{ code: 'background-login-failed' }] },
    });
    expect(await sessionsOf(String(answer.body['accessToken']))).toHaveLength(1);
  });

  test('a device session that cannot be decoded keeps its member neither from a login nor from ending all device sessions', async () => {
    const { email, password } = world.member();
    await world.login({ email, password, fingerprint: 'phone-12345' });
    await makeSessionUnreadable(world.documents, { email, fingerprint: 'phone-12345' });

    const answer = await world.api.post('/v1/login', { email, password, fingerprint: 'tablet-12345' });

    expect(answer).toMatchObject({ status: 200, body: { backgroundSession: { state: 'active' }, warnings: [] } });
    const tablet = world.api.as(String(answer.body['accessToken']));
    expect(await sessionsOf(String(answer.body['accessToken']))).toHaveLength(2);
    expect((await tablet.post('/v1/logout', {})).status).toBe(204);
    expect(await sessionsOf(await world.login({ email, password, fingerprint: 'desk-12345' }))).toHaveLength(2);
  });

  test('a wrong password stores nothing', async () => {
    const { email, password } = world.member();

    expectProblem(
      await world.api.post('/v1/login', { email, password: 'wrong', fingerprint: 'phone-12345' }),
      401,
      'invalid-credentials',
    );

    expect(await sessionsOf(await world.login({ email, password, fingerprint: 'tablet-12345' }))).toHaveLength(2);
  });

  test.each([
    ['is down', { kind: 'status', status: 503 }, 502, 'upstream-rejected'],
    ['resets the connection', { kind: 'reset' }, 503, 'upstream-unreachable'],
    ['shows a page', { kind: 'html' }, 502, 'upstream-rejected'],
  ] as const)('when AimHarder %s nothing is stored and the reason is told', async (_name, fault, status, code) => {
    const { email, password } = world.member();
    world.simulator.failNext('/api/login', fault, 1);

    expectProblem(await world.api.post('/v1/login', { email, password, fingerprint: 'phone-12345' }), status, code);

    expect(await sessionsOf(await world.login({ email, password, fingerprint: 'tablet-12345' }))).toHaveLength(2);
  });
});

describe('guessing', () => {
  test('the sixth wrong password is refused without asking AimHarder', async () => {
    const { email } = world.member();
    const begun = world.clock.monotonic();
    for (let guess = 1; guess <= 5; guess += 1) {
      expectProblem(
        await world.api.post('/v1/login', { email, password: `wrong-${guess}` }),
        401,
        'invalid-credentials',
      );
    }

    const sixth = await world.api.post('/v1/login', { email, password: 'wrong-6' });

    expectProblem(sixth, 429, 'too-many-attempts');
    // A quarter of an hour from the fifth guess.
    const passed = (world.clock.monotonic() - begun) / 1_000;
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThanOrEqual(900 - passed);
    expect(Number(sixth.headers.get('retry-after'))).toBeLessThanOrEqual(900);
    expect(world.simulator.record.logins.filter((login) => login.email === email)).toHaveLength(5);
  });

  test('only five of thirty guesses at once reach AimHarder', async () => {
    const { email } = world.member();

    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, guess) => world.api.post('/v1/login', { email, password: `wrong-${guess}` })),
    );

    expect(answers.filter(({ status }) => status === 429)).toHaveLength(25);
    expect(world.simulator.record.logins.filter((login) => login.email === email)).toHaveLength(5);
  });

  test('a header cannot pretend another address', async () => {
    const { email } = world.member();
    const guess = (address: string) =>
      world.api.call(
        'POST',
        '/v1/login',
        { email, password: 'wrong' },
        { 'x-forwarded-for': address, forwarded: `for=${address}` },
      );

    for (let attempt = 1; attempt <= 5; attempt += 1) await guess(`203.0.113.${attempt}`);

    expectProblem(await guess('203.0.113.99'), 429, 'too-many-attempts');
  });

  test('right passwords and upstream failures do not count', async () => {
    const { email, password } = world.member();
    for (let attempt = 1; attempt <= 6; attempt += 1)
      await world.login({ email, password, fingerprint: 'phone-12345' });
    world.simulator.failNext('/api/login', { kind: 'reset' }, 6);
    for (let attempt = 1; attempt <= 6; attempt += 1) await world.api.post('/v1/login', { email, password });

    expect((await world.api.post('/v1/login', { email, password })).status).toBe(200);
  });
});

describe('logout', () => {
  test('without a fingerprint ends every device and never the background session', async () => {
    const { email, password } = world.member();
    const phone = await world.login({ email, password, fingerprint: 'phone-12345' });
    const tablet = await world.login({ email, password, fingerprint: 'tablet-12345' });

    expect((await world.api.as(phone).post('/v1/logout')).status).toBe(204);

    for (const token of [phone, tablet])
      expectProblem(await world.api.as(token).get('/v1/sessions'), 401, 'unauthenticated');
    expect(await world.backgroundSessionOf(email)).toMatchObject({ state: 'active' });
    expect(world.simulator.record.requests['/logout'] ?? 0).toBe(0);
  });

  test('with a fingerprint ends that device only', async () => {
    const { email, password } = world.member();
    const phone = await world.login({ email, password, fingerprint: 'phone-12345' });
    const tablet = await world.login({ email, password, fingerprint: 'tablet-12345' });

    expect((await world.api.as(phone).post('/v1/logout', { fingerprint: 'tablet-12345' })).status).toBe(204);

    expectProblem(await world.api.as(tablet).get('/v1/sessions'), 401, 'unauthenticated');
    expect((await world.api.as(phone).get('/v1/sessions')).status).toBe(200);
  });

  test.each(['unknown-12345', 'background'])('with the fingerprint of %s is 204 and changes nothing', async (which) => {
    const { email, password } = world.member();
    const phone = await world.login({ email, password, fingerprint: 'phone-12345' });
    const fingerprint = which === 'background' ? generateBackgroundFingerprint(email, world.salt) : which;

    expect((await world.api.as(phone).post('/v1/logout', { fingerprint })).status).toBe(204);

    expect(await sessionsOf(phone)).toHaveLength(2);
  });

  test('a member cannot end another member’s session', async () => {
    const ada = world.member();
    const bob = world.member();
    const adas = await world.login({ ...ada, fingerprint: 'ada-phone-1' });
    const bobs = await world.login({ ...bob, fingerprint: 'bob-phone-1' });

    await world.api.as(adas).post('/v1/logout', { fingerprint: 'bob-phone-1' });

    expectProblem(await world.api.as(adas).delete('/v1/sessions/bob-phone-1'), 404, 'session-not-found');
    expect((await world.api.as(bobs).get('/v1/sessions')).status).toBe(200);
  });
});

describe('ending a session', () => {
  test('the background session needs confirmation', async () => {
    const { email, password } = world.member();
    const phone = world.api.as(await world.login({ email, password, fingerprint: 'phone-12345' }));
    const background = generateBackgroundFingerprint(email, world.salt);

    expectProblem(await phone.delete(`/v1/sessions/${background}`), 409, 'session-protected');
    expect(await world.backgroundSessionOf(email)).toBeDefined();

    expect((await phone.delete(`/v1/sessions/${background}?confirmProtectedDeletion=true`)).status).toBe(204);
    expect(await world.backgroundSessionOf(email)).toBeUndefined();
  });

  test('puts pending pre-bookings at risk, until a login makes another background session', async () => {
    const { email, password } = world.member();
    const phone = world.api.as(await world.login({ email, password, fingerprint: 'phone-12345' }));
    const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: 3_600_000 }));
    const { id, atRisk } = ordered.body['prebooking'] as Record<string, unknown>;
    expect(atRisk).toBe(false);
    const background = generateBackgroundFingerprint(email, world.salt);

    await phone.delete(`/v1/sessions/${background}?confirmProtectedDeletion=true`);

    expect((await phone.get(`/v1/prebookings/${id}`)).body['prebooking']).toMatchObject({
      status: 'pending',
      atRisk: true,
    });
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toMatchObject([{ atRisk: true }]);
    const again = world.api.as(await world.login({ email, password, fingerprint: 'phone-12345' }));
    expect((await again.get(`/v1/prebookings/${id}`)).body['prebooking']).toMatchObject({ atRisk: false });
  });

  test('a device session that cannot be decoded no longer authenticates, and can be ended from another device', async () => {
    const { email, password } = world.member();
    const phone = world.api.as(await world.login({ email, password, fingerprint: 'phone-12345' }));
    const tablet = world.api.as(await world.login({ email, password, fingerprint: 'tablet-12345' }));
    await makeSessionUnreadable(world.documents, { email, fingerprint: 'phone-12345' });

    expectProblem(await phone.get('/v1/sessions'), 401, 'unauthenticated');
    expect((await tablet.delete('/v1/sessions/phone-12345')).status).toBe(204);
    expectProblem(await tablet.delete('/v1/sessions/phone-12345'), 404, 'session-not-found');
  });

  test('a device session ends at once, and unknown ones are not found', async () => {
    const { email, password } = world.member();
    const phone = world.api.as(await world.login({ email, password, fingerprint: 'phone-12345' }));
    const tablet = await world.login({ email, password, fingerprint: 'tablet-12345' });

    expect((await phone.delete('/v1/sessions/tablet-12345')).status).toBe(204);

    expectProblem(await world.api.as(tablet).get('/v1/sessions'), 401, 'unauthenticated');
    expectProblem(await phone.delete('/v1/sessions/tablet-12345'), 404, 'session-not-found');
  });
});
