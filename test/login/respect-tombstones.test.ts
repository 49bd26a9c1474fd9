import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { completeDeletion, deleteAccount } from '../../lib/accounts/delete-account.ts';
import { logIn } from '../../lib/login/log-in.ts';
import { respectTombstones } from '../../lib/login/respect-tombstones.ts';
import { HOUR } from '../../lib/platform/clock.ts';
import type { LoginWrites } from '../../lib/sessions/login-writes.ts';
import { Tombstones } from '../../lib/sessions/tombstones.ts';
import { accountDeps, tablesWith } from '../support/accounts/account.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { SALT, startSessionWorld, storeKeys } from '../support/sessions/session-world.ts';
import { UNLIMITED } from '../support/sessions/unlimited.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());

const unhurried = new AbortController().signal;
const secrets = async () => ({ keys: storeKeys });

let members = 0;

/** A member, whose password is `right`, and whose account can be deleted at any moment of a login. */
function member() {
  members += 1;
  const email = `login-${members}@example.com`;
  const tombstones = new Tombstones({ documents: world.documents, table: 'tombstones' });
  const deps = accountDeps(world.documents, world.clock);
  const asked: string[] = [];
  const kept: string[] = [];
  type Moments = { readonly [moment in 'answering' | 'storing' | 'stored']?: () => Promise<void> };
  /**
   * Logs in, and lets something happen while AimHarder answers for the second time, before each session is stored, and after both
   * are.
   */
  const login = (password: string, { answering, storing, stored }: Moments = {}) => {
    const logins: Pick<LoginWrites, 'storeSession' | 'scheduleRelogin'> = {
      async storeSession(fresh) {
        await storing?.();
        return world.logins.storeSession(fresh);
      },
      scheduleRelogin: world.logins.scheduleRelogin.bind(world.logins),
    };
    return logIn(
      {
        aimHarder: {
          async login({ fingerprint }) {
            asked.push(fingerprint);
            if (password !== 'right') return { kind: 'wrong-password' };
            if (asked.length === 2) await answering?.();
            const session = { token: 'token', fingerprint, cookies: [{ name: 'amhrdrauth', value: 'auth' }] };
            return { kind: 'logged-in', session, boxes: [] };
          },
          setRefresh: async (session) => session,
        },
        sessions: world.sessions,
        state: world.state,
        logins: respectTombstones(logins, world.state, tombstones.isRaised),
        throttle: { count: async () => UNLIMITED },
        knownOrigins: {
          find: async () => ({ devices: [], addresses: [], renewsAt: 0 }),
          remember: async () => undefined,
        },
        boxes: { saveBoxes: async () => stored?.() },
        endPush: async () => undefined,
        keptPasswords: {
          keep: async () => void kept.push(email),
          replaceIfKept: async () => undefined,
          forget: async () => undefined,
        },
        secrets: async () => ({ fingerprintSalt: SALT }),
        ...{ tombstones, isInvited: () => true, clock: world.clock, logger: quiet },
      },
      { email, password, fingerprint: 'phone-12345', keepCredentials: true },
      { sourceAddress: '192.0.2.1', deviceOfToken: undefined },
      unhurried,
    ).catch((error: unknown) => error);
  };
  /** Takes the second look, as the sweep has it done. */
  const lookAgain = async () => {
    for await (const due of tombstones.findDue(world.clock.now() + HOUR)) await completeDeletion(deps, due);
  };
  return { email, tombstones, asked, kept, login, lookAgain, deletion: () => deleteAccount(deps, email) };
}

test('a login while the account is being deleted is refused before AimHarder is asked', async () => {
  const { email, tombstones, asked, login } = member();
  await tombstones.raise(email, secrets, world.clock.now());

  expect(await login('right')).toMatchObject({ code: 'session-changed', retryAfter: 60 });
  expect(asked).toEqual([]);
});

test('a login whose account is deleted while AimHarder answers stores nothing', async () => {
  const { email, kept, login, deletion } = member();

  expect(await login('right', { answering: deletion })).toMatchObject({ code: 'session-changed' });
  expect(await tablesWith(world.documents, email)).toEqual([]);
  expect(kept).toEqual([]);
});

test('nor does it if somebody else tries a wrong password meanwhile', async () => {
  const { email, kept, login, deletion } = member();
  const answering = async () => {
    await deletion();
    expect(await login('wrong')).toMatchObject({ code: 'invalid-credentials' });
  };

  expect(await login('right', { answering })).toMatchObject({ code: 'session-changed' });
  expect(await tablesWith(world.documents, email)).toEqual([]);
  expect(kept).toEqual([]);
});

test('a session that is stored just after the deletion has ended at once', async () => {
  const { email, kept, login, deletion } = member();

  expect(await login('right', { storing: deletion })).toMatchObject({ code: 'session-changed' });
  expect(await world.sessions.getAllUserSessions(email)).toEqual([]);
  expect(kept).toEqual([]);
});

test('a password is not kept for an account that is deleted once the sessions are stored', async () => {
  const { email, kept, login, deletion } = member();

  expect(await login('right', { stored: deletion })).toMatchObject({ session: { email } });

  expect(kept).toEqual([]);
  expect(await tablesWith(world.documents, email)).toEqual([]);
});

test('a wrong password after the deletion calls off no second look', async () => {
  const { email, tombstones, login, lookAgain, deletion } = member();
  await deletion();
  await world.documents.send(new PutCommand({ TableName: 'bookings', Item: { email, booking: 'late' } }));

  expect(await login('wrong')).toMatchObject({ code: 'invalid-credentials' });

  expect(await tombstones.isRaised(email)).toBe(true);
  await lookAgain();
  expect(await tablesWith(world.documents, email)).toEqual([]);
});

test('a member whose deletion is over logs in again, and no second look touches the new account', async () => {
  const { email, tombstones, login, lookAgain, deletion } = member();
  await deletion();

  expect(await login('right')).toMatchObject({ session: { email } });

  expect(await tombstones.isRaised(email)).toBe(false);
  await lookAgain();
  expect(await world.sessions.getAllUserSessions(email)).toHaveLength(2);
});

test('a login that began after one deletion is refused after another', async () => {
  const { email, tombstones, login, deletion } = member();
  await deletion();
  world.clock.advance(1);
  const [phone, computer] = [await tombstones.findFinished(email), await tombstones.findFinished(email)];
  if (!phone || !computer) throw new Error('there is no tombstone');
  await tombstones.removeFinished(email, phone);
  await expect(tombstones.removeFinished(email, computer)).resolves.toBeUndefined();

  await login('right');
  await deletion();

  await expect(tombstones.removeFinished(email, computer)).rejects.toMatchObject({ code: 'session-changed' });
});
