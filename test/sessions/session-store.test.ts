import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY } from '../../lib/platform/clock.ts';
import { generateBackgroundFingerprint } from '../../lib/sessions/fingerprint.ts';
import type { Session } from '../../lib/sessions/session.ts';
import {
  background,
  defined,
  device,
  newMember,
  SALT,
  START,
  startSessionWorld,
} from '../support/sessions/session-world.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());

const fresh = () => newMember(world.documents);
const fingerprints = (sessions: readonly Session[]) => sessions.map(({ fingerprint }) => fingerprint).toSorted();

describe('storing', () => {
  test('a background session is protected, and never expires', async () => {
    const { email, sessions, logins } = fresh();
    await logins.storeSession(background(email));

    expect(await sessions.getBackgroundSession(email)).toMatchObject({
      sessionType: 'background',
      protected: true,
      state: 'active',
      createdAt: START,
    });
  });

  test('a device session is not protected, and expires after seven days', async () => {
    const { email, clock, sessions, logins } = fresh();
    await logins.storeSession(device(email, 'phone-12345'));
    expect(await sessions.find({ email, fingerprint: 'phone-12345' })).toMatchObject({
      protected: false,
      expiresAt: START + 7 * DAY,
    });

    clock.advance(7 * DAY - 1_000);
    expect(await sessions.find({ email, fingerprint: 'phone-12345' })).toBeDefined();
    clock.advance(1_000);
    expect(await sessions.find({ email, fingerprint: 'phone-12345' })).toBeUndefined();
  });

  test('a background session that is stored again keeps createdAt and gets the new token', async () => {
    const { email, clock, sessions, tokens, logins } = fresh();
    await logins.storeSession(background(email, 'first'));
    clock.advance(DAY);
    await logins.storeSession(background(email, 'second'));

    const [session, ...more] = await sessions.getAllUserSessions(email);
    expect(more).toEqual([]);
    expect(session).toMatchObject({ createdAt: START, updatedAt: START + DAY });
    expect((await tokens.decrypt(defined(session))).token).toBe('second');
  });

  test('a device session stored again starts anew', async () => {
    const { email, clock, sessions, logins } = fresh();
    await logins.storeSession(device(email, 'phone-12345'));
    clock.advance(DAY);
    await logins.storeSession(device(email, 'phone-12345'));

    expect(await sessions.find({ email, fingerprint: 'phone-12345' })).toMatchObject({
      createdAt: START + DAY,
      expiresAt: START + 8 * DAY,
    });
  });

  test('a login makes a dead background session active again', async () => {
    const { email, sessions, state, logins } = fresh();
    await state.markLoginRequired(await logins.storeSession(background(email)));
    expect(await sessions.getBackgroundSession(email)).toMatchObject({ state: 'login-required' });

    await logins.storeSession(background(email));

    expect(await sessions.getBackgroundSession(email)).toMatchObject({ state: 'active' });
  });

  test('a login replaces an active background session that was imported, and has no login time', async () => {
    const { email, sessions, tokens, logins } = fresh();
    const { fingerprint } = await logins.storeSession(background(email, 'imported'));
    await world.documents.send(
      new UpdateCommand({
        TableName: 'sessions',
        Key: { email, fingerprint },
        UpdateExpression: 'REMOVE loggedInAt',
      }),
    );

    await logins.storeSession(background(email, 'of a login'));

    expect((await tokens.decrypt(defined(await sessions.getBackgroundSession(email)))).token).toBe('of a login');
  });

  test.each([
    [
      'a device with a background fingerprint',
      (email: string) => ({ ...device(email, 'x'), fingerprint: generateBackgroundFingerprint(email, SALT) }),
    ],
    ['a device that claims the prefix', (email: string) => device(email, 'bg-phone')],
    [
      'a background session with a device fingerprint',
      (email: string) => ({ ...background(email), fingerprint: 'phone-12345' }),
    ],
  ])('%s is refused', async (_name, wrong) => {
    const { email, sessions, logins } = fresh();

    await expect(logins.storeSession(wrong(email))).rejects.toThrow();
    expect(await sessions.getAllUserSessions(email)).toEqual([]);
  });

  test('the raw item holds no plain token or cookie', async () => {
    const { email, logins } = fresh();
    const { fingerprint } = await logins.storeSession(background(email, 'plain-token-value'));

    const { Item } = await world.documents.send(new GetCommand({ TableName: 'sessions', Key: { email, fingerprint } }));

    expect(JSON.stringify(Item)).not.toMatch(/plain-token-value|amhrdrauth|PHPSESSID/);
    expect(Item).toMatchObject({ token: expect.stringMatching(/^k1\./), cookies: expect.stringMatching(/^k1\./) });
  });
});

describe('querying', () => {
  test('without options, the background session is found', async () => {
    const { email, sessions, logins } = fresh();
    await logins.storeSession(device(email, 'aaaa-phone'));
    await logins.storeSession(background(email));

    expect(await sessions.getSession(email)).toMatchObject({ sessionType: 'background' });
  });

  test('without options, a member with device sessions only has no session', async () => {
    const { email, sessions, logins } = fresh();
    await logins.storeSession(device(email, 'phone-12345'));

    expect(await sessions.getSession(email)).toBeUndefined();
    expect(await sessions.getBackgroundSession(email)).toBeUndefined();
  });

  test('a session is found by fingerprint, by type, and by both', async () => {
    const { email, sessions, logins } = fresh();
    await logins.storeSession(device(email, 'phone-12345'));
    await logins.storeSession(background(email));

    expect(await sessions.getSession(email, { fingerprint: 'phone-12345' })).toMatchObject({
      fingerprint: 'phone-12345',
    });
    expect(await sessions.getSession(email, { sessionType: 'device' })).toMatchObject({ fingerprint: 'phone-12345' });
    expect(await sessions.getSession(email, { fingerprint: 'phone-12345', sessionType: 'background' })).toBeUndefined();
    expect(await sessions.getSession(email, { fingerprint: 'unknown-1234' })).toBeUndefined();
  });

  test('getDeviceSessions finds all live device sessions, and no other session', async () => {
    const { email, clock, sessions, logins } = fresh();
    await logins.storeSession(device(email, 'old-12345'));
    clock.advance(7 * DAY);
    await logins.storeSession(device(email, 'phone-12345'));
    await logins.storeSession(device(email, 'tablet-12345'));
    await logins.storeSession(background(email));

    expect(fingerprints(await sessions.getDeviceSessions(email))).toEqual(['phone-12345', 'tablet-12345']);
    expect(await sessions.getAllUserSessions(email)).toHaveLength(3);
  });

  test('a member without sessions has none of any type', async () => {
    const { sessions } = fresh();
    expect(await sessions.getDeviceSessions('nobody@example.com')).toEqual([]);
    expect(await sessions.getAllUserSessions('nobody@example.com')).toEqual([]);
  });

  test('background sessions are active for ever, and device sessions for seven days', async () => {
    const { email, clock, sessions, logins } = fresh();
    await logins.storeSession(background(email));
    await logins.storeSession(device(email, 'phone-12345'));
    const active = async () => {
      const all: Session[] = [];
      for await (const session of sessions.getAllActiveSessions()) if (session.email === email) all.push(session);
      return fingerprints(all);
    };
    expect(await active()).toHaveLength(2);

    clock.advance(400 * DAY);

    expect(await active()).toEqual([generateBackgroundFingerprint(email, SALT)]);
  });
});
