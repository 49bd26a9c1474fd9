import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteAccount } from '../../lib/accounts/delete-account.ts';
import { logIn } from '../../lib/login/log-in.ts';
import { respectTombstones } from '../../lib/login/respect-tombstones.ts';
import { HOUR } from '../../lib/platform/clock.ts';
import type { LoginWrites } from '../../lib/sessions/login-writes.ts';
import { Tombstones } from '../../lib/sessions/tombstones.ts';
import { accountDeps, tablesWith } from '../support/accounts/account.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { SALT, startSessionWorld, storeKeys } from '../support/sessions/session-world.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());

const unhurried = new AbortController().signal;
const secrets = async () => ({ keys: storeKeys });

let members = 0;

/** Logs a new member in, and deletes the account at a moment of the login. */
async function loginDuring(moment: 'before the login' | 'AimHarder answers' | 'the session is stored') {
  members += 1;
  const email = `login-${members}@example.com`;
  const tombstones = new Tombstones({ documents: world.documents, table: 'tombstones' });
  const deletion = () => deleteAccount(accountDeps(world.documents, world.clock), email);
  const storing: Pick<LoginWrites, 'storeSession' | 'scheduleRelogin'> = {
    async storeSession(fresh) {
      if (moment === 'the session is stored') await deletion();
      return world.logins.storeSession(fresh);
    },
    scheduleRelogin: world.logins.scheduleRelogin.bind(world.logins),
  };
  const asked: string[] = [];
  const kept: string[] = [];
  if (moment === 'before the login') await tombstones.raise(email, secrets, world.clock.now());
  const login = logIn(
    {
      aimHarder: {
        async login({ fingerprint }) {
          asked.push(fingerprint);
          if (moment === 'AimHarder answers' && asked.length === 2) await deletion();
          const session = { token: 'token', fingerprint, cookies: [{ name: 'amhrdrauth', value: 'auth' }] };
          return { kind: 'logged-in', session, boxes: [] };
        },
        setRefresh: async (session) => session,
      },
      sessions: world.sessions,
      state: world.state,
      logins: respectTombstones(storing, world.state, tombstones.isRaised),
      throttle: { count: async () => ({ uncount: async () => undefined }) },
      knownOrigins: {
        find: async () => ({ devices: [], addresses: [], renewsAt: 0 }),
        remember: async () => undefined,
      },
      boxes: { saveBoxes: async () => undefined },
      keptPasswords: { keep: async () => void kept.push(email), forget: async () => undefined },
      secrets: async () => ({ fingerprintSalt: SALT }),
      ...{ tombstones, isInvited: () => true, clock: world.clock, logger: quiet },
    },
    { email, password: 'password', fingerprint: 'phone-12345', keepCredentials: true },
    { sourceAddress: '192.0.2.1', deviceOfToken: undefined },
    unhurried,
  );
  return { email, asked, kept, tombstones, outcome: await login.catch((error: unknown) => error) };
}

test('a login while the account is being deleted is refused before AimHarder is asked', async () => {
  const { outcome, asked } = await loginDuring('before the login');

  expect(outcome).toMatchObject({ code: 'session-changed', retryAfter: 60 });
  expect(asked).toEqual([]);
});

test('a login whose account is deleted while AimHarder answers stores nothing', async () => {
  const { outcome, email, kept } = await loginDuring('AimHarder answers');

  expect(outcome).toMatchObject({ code: 'session-changed' });
  expect(await tablesWith(world.documents, email)).toEqual([]);
  expect(kept).toEqual([]);
});

test('a session that is stored just after the deletion has ended at once', async () => {
  const { outcome, email, kept } = await loginDuring('the session is stored');

  expect(outcome).toMatchObject({ code: 'session-changed' });
  expect(await world.sessions.getAllUserSessions(email)).toEqual([]);
  expect(kept).toEqual([]);
});

test('a member whose deletion is over logs in again, and no second look is left', async () => {
  const { email, tombstones } = await loginDuring('AimHarder answers');

  await tombstones.admit(email);

  expect(await tombstones.isRaised(email)).toBe(false);
  const due = [];
  for await (const { member } of tombstones.findDue(world.clock.now() + HOUR)) due.push(member);
  await expect(tombstones.admit(email)).resolves.toBeUndefined();
});
