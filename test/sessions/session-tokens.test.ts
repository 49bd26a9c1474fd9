import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { background, defined, device, newMember, START, startSessionWorld } from '../support/sessions/session-world.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());

const fresh = () => newMember(world.documents);
describe('updating tokens', () => {
  test('without a fingerprint the background session’s token is replaced, with one that session’s, and no other', async () => {
    const { email, sessions, tokens, logins } = fresh();
    await logins.storeSession(device(email, 'phone-12345', 'phone-old'));
    await logins.storeSession(background(email, 'background-old'));
    const tokenOf = async (query = {}) =>
      (await tokens.decrypt(defined(await sessions.getSession(email, query)))).token;

    await tokens.updateRefreshToken(email, 'background-new');
    expect([await tokenOf(), await tokenOf({ fingerprint: 'phone-12345' })]).toEqual(['background-new', 'phone-old']);

    await tokens.updateRefreshToken(email, 'phone-new', 'phone-12345');
    expect([await tokenOf(), await tokenOf({ fingerprint: 'phone-12345' })]).toEqual(['background-new', 'phone-new']);
  });

  test('cookies are replaced in the same way, and the token stays', async () => {
    const { email, sessions, tokens, logins } = fresh();
    await logins.storeSession(device(email, 'phone-12345', 'phone-token'));
    await logins.storeSession(background(email, 'background-token'));
    const cookies = [{ name: 'amhrdrauth', value: 'changed' }];

    await tokens.updateCookies(email, cookies);

    expect(await tokens.decrypt(defined(await sessions.getSession(email)))).toMatchObject({
      token: 'background-token',
      cookies,
    });
    expect(
      (await tokens.decrypt(defined(await sessions.getSession(email, { fingerprint: 'phone-12345' })))).cookies,
    ).not.toEqual(cookies);
  });

  test('a session that does not exist is refused', async () => {
    const { email, tokens } = fresh();

    await expect(tokens.updateRefreshToken(email, 'x')).rejects.toMatchObject({ code: 'session-not-found' });
    await expect(tokens.updateCookies(email, [], 'phone-12345')).rejects.toMatchObject({ code: 'session-not-found' });
  });

  test('an older token never replaces a newer one', async () => {
    const { email, sessions, tokens, logins } = fresh();
    const seen = await logins.storeSession(background(email, 'first'));
    const { cookies } = await tokens.decrypt(seen);

    expect(await tokens.replaceTokens(seen, { token: 'second', cookies })).toMatchObject({ tokenUpdateCount: 1 });
    expect(await tokens.replaceTokens(seen, { token: 'late', cookies })).toBeUndefined();
    expect((await tokens.decrypt(defined(await sessions.getSession(email)))).token).toBe('second');
  });

  test('a slow refresh does not revive a deleted session', async () => {
    const { email, sessions, tokens, state, logins } = fresh();
    const seen = await logins.storeSession(device(email, 'phone-12345'));
    const locked = defined(await state.acquireRefreshLock(seen, START + MINUTE));
    await sessions.deleteSession(email);

    expect(await tokens.replaceTokens(seen, { token: 'late', cookies: [] })).toBeUndefined();
    expect(await state.releaseAfterFailure(locked, 'late')).toBe(false);
    expect(await state.acquireRefreshLock(seen, START)).toBeUndefined();
    expect(await sessions.getAllUserSessions(email)).toEqual([]);
  });

  test('one caller holds the refresh lock until it expires', async () => {
    const { email, clock, state, logins } = fresh();
    const seen = await logins.storeSession(background(email));

    const turns = await Promise.all(
      Array.from({ length: 10 }, () => state.acquireRefreshLock(seen, clock.now() + 20_000)),
    );
    expect(turns.filter(Boolean)).toHaveLength(1);

    clock.advance(20_001);
    expect(await state.acquireRefreshLock(seen, clock.now() + 20_000)).toBeDefined();
  });

  test('a failure that is recorded late does not release another caller’s lock', async () => {
    const { email, clock, state, logins } = fresh();
    const seen = await logins.storeSession(background(email));
    const late = defined(await state.acquireRefreshLock(seen, clock.now() + MINUTE));
    clock.advance(2 * MINUTE);
    await state.acquireRefreshLock(seen, clock.now() + MINUTE);

    expect(await state.releaseAfterFailure(late, 'upstream-timeout')).toBe(false);

    expect(await state.acquireRefreshLock(seen, clock.now() + MINUTE)).toBeUndefined();
  });

  test('a caller that has read a session before its death cannot lock it', async () => {
    const { email, clock, state, logins } = fresh();
    const seen = await logins.storeSession(background(email));
    await state.markLoginRequired(seen);

    expect(await state.acquireRefreshLock(seen, clock.now() + MINUTE)).toBeUndefined();
    expect(await state.acquireRefreshLock({ ...seen, state: 'login-required' }, clock.now() + MINUTE)).toBeDefined();
  });

  test.each(['markLoginRequired', 'markEnded'] as const)(
    '%s does nothing while another caller holds the refresh lock',
    async (mark) => {
      const { email, clock, sessions, state, logins } = fresh();
      const seen = await logins.storeSession(mark === 'markEnded' ? device(email, 'phone-12345') : background(email));
      const locked = defined(await state.acquireRefreshLock(seen, clock.now() + MINUTE));

      expect(await state[mark](seen)).toBe(false);

      expect(await sessions.find(seen)).toMatchObject({ state: 'active' });
      expect(await state[mark](locked)).toBe(true);
    },
  );

  test('a token that arrives after its session was marked dead makes the session active again', async () => {
    const { email, clock, sessions, tokens, state, logins } = fresh();
    const seen = await logins.storeSession(background(email));
    const locked = defined(await state.acquireRefreshLock(seen, clock.now() + MINUTE));
    clock.advance(2 * MINUTE);
    await state.markLoginRequired(seen);

    await tokens.replaceTokens(locked, { token: 'second', cookies: [] });

    expect(await sessions.find(seen)).toMatchObject({ state: 'active', notificationPending: false });
    expect(await state.loadAndLock(seen, clock.now() + MINUTE)).toBeDefined();
  });

  test('a slow login does not undo a later login of its device', async () => {
    const { email, clock, sessions, tokens, logins } = fresh();
    const slow = { ...device(email, 'phone-12345', 'first'), loggedInAt: clock.now() };
    clock.advance(1);
    await logins.storeSession({ ...device(email, 'phone-12345', 'second'), loggedInAt: clock.now() });

    await expect(
      logins.storeSession({ ...slow, device: { accessTokenHash: 'of-the-slow', name: null } }),
    ).rejects.toMatchObject({ code: 'session-changed' });

    expect((await tokens.decrypt(defined(await sessions.find(slow)))).token).toBe('second');
  });

  test('a failed refresh does not make a session fresh', async () => {
    const { email, clock, sessions, state, logins } = fresh();
    const seen = await logins.storeSession(background(email));
    clock.advance(HOUR);

    await state.releaseAfterFailure(
      defined(await state.acquireRefreshLock(seen, clock.now() + MINUTE)),
      'upstream-timeout',
    );

    expect(await sessions.getSession(email)).toMatchObject({
      lastTokenUpdateAt: START,
      lastTokenUpdateError: 'upstream-timeout',
      tokenUpdateCount: 0,
    });
  });

  test('a reservation is never shortened, and survives a login', async () => {
    const { email, sessions, state, logins } = fresh();
    const session = await logins.storeSession(background(email));
    if (session.sessionType !== 'background') throw new Error('not a background session');

    await state.reserve(session, START + HOUR);
    await state.reserve(session, START + 1_000);
    await logins.storeSession(background(email));

    expect(await sessions.getBackgroundSession(email)).toMatchObject({ holdUntil: START + HOUR });
  });
});
