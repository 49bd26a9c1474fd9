import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { authenticate, issueAccessToken } from '../../lib/sessions/access-token.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { SessionStore } from '../../lib/sessions/session-store.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { background, device, newMember, START, steppedClock } from '../support/sessions/session-world.ts';
import { makeSessionUnreadable } from '../support/sessions/unreadable.ts';

/* An item of the member's sessions cannot be decoded: it is logged, and does not take the other sessions from its member. */

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

/** Creates a member with a background session and two device sessions, and a store that records what it logs. */
async function member() {
  const { documents } = database;
  const { email, clock, logins } = newMember(documents);
  const stored = await logins.storeSession(background(email));
  const phone = await logins.storeSession(device(email, 'phone-12345'));
  await logins.storeSession(device(email, 'tablet-12345'));
  const logged: unknown[] = [];
  const logger = {
    ...quiet,
    error: (event: string, _error: unknown, fields?: unknown) => void logged.push([event, fields]),
  };
  const sessions = new SessionStore({ documents, table: 'sessions', clock, logger });
  const spoil = (session: Session, attribute?: string) => makeSessionUnreadable(documents, session, attribute);
  return { email, logins, sessions, stored, phone, spoil, logged };
}

const LOG = ['unexpected-error', { during: 'read-sessions' }];
const fingerprints = (sessions: readonly Session[]) => sessions.map(({ fingerprint }) => fingerprint).toSorted();

describe('a device session that cannot be decoded', () => {
  test('is left out of all searches, which find the other sessions', async () => {
    const { email, sessions, stored, phone, spoil, logged } = await member();
    await spoil(phone);

    expect(await sessions.getBackgroundSession(email)).toEqual(stored);
    expect(fingerprints(await sessions.getDeviceSessions(email))).toEqual(['tablet-12345']);
    expect(fingerprints(await sessions.getAllUserSessions(email))).toEqual([stored.fingerprint, 'tablet-12345']);
    const { items, next } = await sessions.listSessions(email, { limit: 10, after: undefined });

    expect([fingerprints(items), next]).toEqual([[stored.fingerprint, 'tablet-12345'], null]);
    expect(logged).toEqual(Array(4).fill(LOG));
  });

  test('does not hide that there is no background session', async () => {
    const { email, sessions, phone, spoil } = await member();
    await sessions.deleteSession(email, { sessionType: 'background', confirmProtectedDeletion: true });
    await spoil(phone);

    expect(await sessions.getBackgroundSession(email)).toBeUndefined();
  });

  test('is deleted with the other device sessions', async () => {
    const { email, sessions, stored, phone, spoil } = await member();
    await spoil(phone);

    expect(await sessions.deleteSession(email)).toBe(2);

    expect(await sessions.getAllUserSessions(email)).toEqual([stored]);
    expect(await sessions.find(phone)).toBeUndefined();
  });

  test('is deleted by its fingerprint', async () => {
    const { email, sessions, phone, spoil } = await member();
    await spoil(phone);

    expect(await sessions.deleteSession(email, { fingerprint: phone.fingerprint })).toBe(1);
    expect(await sessions.find(phone)).toBeUndefined();
  });

  test('is replaced by a login of that device', async () => {
    const { email, logins, sessions, phone, spoil } = await member();
    await spoil(phone);

    await logins.storeSession(device(email, phone.fingerprint));

    expect(await sessions.getDeviceSessions(email)).toHaveLength(2);
  });
});

describe('an access token', () => {
  test('is refused if its session cannot be decoded, and the session is logged', async () => {
    const { sessions, phone, spoil, logged } = await member();
    const { accessToken } = issueAccessToken(phone);
    await spoil(phone);

    await expect(authenticate(sessions, accessToken, START)).rejects.toMatchObject({ code: 'unauthenticated' });

    expect(logged).toEqual([LOG]);
  });

  test('causes an error, not a refusal, if the database does not answer', async () => {
    const { phone } = await member();
    const { accessToken } = issueAccessToken(phone);
    const away = {
      send: async () => {
        throw new Error('the database is away');
      },
    } as unknown as Documents;
    const sessions = new SessionStore({ documents: away, table: 'sessions', clock: steppedClock(), logger: quiet });

    await expect(authenticate(sessions, accessToken, START)).rejects.toThrow('the database is away');
  });
});

describe('a background session that cannot be decoded', () => {
  test.each(['state', 'sessionType'])('does not count as deleted (%s)', async (attribute) => {
    const { email, sessions, stored, spoil } = await member();
    await spoil(stored, attribute);

    await expect(sessions.getAllUserSessions(email)).rejects.toThrow();
    await expect(sessions.getBackgroundSession(email)).rejects.toThrow();
    expect(await sessions.getDeviceSessions(email)).toHaveLength(2);
  });

  test('is left out if there is another one', async () => {
    const { email, logins, sessions, stored, spoil, logged } = await member();
    const other = await logins.storeSession({ ...background(email), fingerprint: `bg-${'0'.repeat(40)}` });
    await spoil(stored);

    expect(await sessions.getBackgroundSession(email)).toEqual(other);
    expect(logged).toEqual([LOG]);
  });

  test('stays when the device sessions are deleted', async () => {
    const { email, sessions, stored, spoil } = await member();
    await spoil(stored);

    expect(await sessions.deleteSession(email)).toBe(2);

    await expect(sessions.find(stored)).rejects.toThrow();
  });
});
