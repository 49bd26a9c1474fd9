import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../lib/platform/clock.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { interceptedBy } from '../support/sessions/intercepted.ts';
import {
  background,
  device,
  newMember,
  START,
  sessionStores,
  startSessionWorld,
} from '../support/sessions/session-world.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());

const fresh = () => newMember(world.documents);
const fingerprints = (sessions: readonly Session[]) => sessions.map(({ fingerprint }) => fingerprint).toSorted();

describe('deleting', () => {
  async function twoDevicesAndBackground() {
    const all = fresh();
    const { email, logins } = all;
    await logins.storeSession(device(email, 'phone-12345'));
    await logins.storeSession(device(email, 'tablet-12345'));
    const { fingerprint } = await logins.storeSession(background(email));
    return { ...all, backgroundFingerprint: fingerprint };
  }

  test('without options, the device sessions are deleted and the background session stays', async () => {
    const { email, sessions } = await twoDevicesAndBackground();

    expect(await sessions.deleteSession(email)).toBe(2);
    expect((await sessions.getAllUserSessions(email)).map(({ sessionType }) => sessionType)).toEqual(['background']);
  });

  test('by fingerprint, that session alone is deleted', async () => {
    const { email, sessions } = await twoDevicesAndBackground();

    expect(await sessions.deleteSession(email, { fingerprint: 'phone-12345' })).toBe(1);
    expect(fingerprints(await sessions.getDeviceSessions(email))).toEqual(['tablet-12345']);
    expect(await sessions.deleteSession(email, { fingerprint: 'phone-12345' })).toBe(0);
  });

  test.each([
    ['by type', (_fingerprint: string) => ({ sessionType: 'background' as const })],
    ['by fingerprint', (fingerprint: string) => ({ fingerprint })],
    ['by both', (fingerprint: string) => ({ fingerprint, sessionType: 'background' as const })],
  ])('the background session %s is deleted only with confirmation', async (_name, by) => {
    const { email, sessions, backgroundFingerprint } = await twoDevicesAndBackground();

    await expect(sessions.deleteSession(email, by(backgroundFingerprint))).rejects.toMatchObject({
      code: 'session-protected',
    });
    expect(await sessions.getBackgroundSession(email)).toBeDefined();

    expect(await sessions.deleteSession(email, { ...by(backgroundFingerprint), confirmProtectedDeletion: true })).toBe(
      1,
    );
    expect(await sessions.getBackgroundSession(email)).toBeUndefined();
    expect(await sessions.getDeviceSessions(email)).toHaveLength(2);
  });

  test('many sessions are deleted a few at a time, and the one that is to be last after all others', async () => {
    const { email, logins, clock } = fresh();
    for (let index = 10; index < 35; index += 1) await logins.storeSession(device(email, `phone-123${index}`));
    const deleted: unknown[] = [];
    let [running, most] = [0, 0];
    const documents = interceptedBy(world.documents, async (command, pass) => {
      if (!(command instanceof DeleteCommand)) return pass();
      running += 1;
      most = Math.max(most, running);
      const answer = await pass();
      running -= 1;
      deleted.push(command.input.Key?.['fingerprint']);
      return answer;
    });

    const count = await sessionStores(documents, clock).sessions.deleteSession(email, { last: 'phone-12310' });

    expect({ count, last: deleted.at(-1) }).toEqual({ count: 25, last: 'phone-12310' });
    expect(most).toBeLessThanOrEqual(10);
  });

  test('a fingerprint of another type deletes nothing', async () => {
    const { email, sessions, backgroundFingerprint } = await twoDevicesAndBackground();

    expect(await sessions.deleteSession(email, { fingerprint: backgroundFingerprint, sessionType: 'device' })).toBe(0);
    expect(await sessions.getAllUserSessions(email)).toHaveLength(3);
  });

  test('the sessions of another member stay', async () => {
    const ada = await twoDevicesAndBackground();
    const bob = await twoDevicesAndBackground();

    await ada.sessions.deleteSession(ada.email);

    expect(await bob.sessions.getAllUserSessions(bob.email)).toHaveLength(3);
  });

  test('a session that a login has renewed meanwhile is not ended by an earlier logout:1', async () => {
    const { email, clock, sessions, state, logins } = fresh();
    const refused = await logins.storeSession(device(email, 'phone-12345'));
    clock.advance(1);
    await logins.storeSession(device(email, 'phone-12345'));

    expect(await state.markEnded(refused)).toBe(false);
    expect(await sessions.find(refused)).toBeDefined();
  });

  test('after logout:1 the session is gone for every reader at once, and the clean-up deletes its item', async () => {
    const { email, sessions, tokens, state, logins } = fresh();
    const refused = await logins.storeSession(device(email, 'phone-12345'));

    expect(await state.markEnded(refused)).toBe(true);

    expect(await sessions.find(refused)).toBeUndefined();
    expect(await sessions.getAllUserSessions(email)).toEqual([]);
    expect((await sessions.listSessions(email, { limit: 5, after: undefined })).items).toEqual([]);
    expect(await tokens.replaceTokens(refused, { token: 'late', cookies: [] })).toBeUndefined();
    expect(await state.loadAndLock(refused, START + HOUR)).toBeUndefined();
    expect(await sessions.cleanupExpiredSessions()).toBe(1);
  });

  test('a session that was ended is active again after a login, and the clean-up spares it', async () => {
    const { email, sessions, state, logins } = fresh();
    await state.markEnded(await logins.storeSession(background(email)));

    await logins.storeSession(background(email));

    expect(await sessions.cleanupExpiredSessions()).toBe(0);
    expect(await sessions.getBackgroundSession(email)).toMatchObject({ state: 'active' });
  });

  test('the clean-up deletes device sessions older than seven days, and nothing else', async () => {
    const { email, clock, sessions, logins } = fresh();
    await logins.storeSession(background(email));
    await logins.storeSession(device(email, 'old-12345'));
    clock.advance(7 * DAY + HOUR);
    await logins.storeSession(device(email, 'phone-12345'));

    await sessions.cleanupExpiredSessions();

    const raw = await world.documents.send(
      new GetCommand({ TableName: 'sessions', Key: { email, fingerprint: 'old-12345' } }),
    );
    expect(raw.Item).toBeUndefined();
    expect(await sessions.getAllUserSessions(email)).toHaveLength(2);
  });
});
