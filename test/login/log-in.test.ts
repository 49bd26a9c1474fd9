import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KeptPasswords } from '../../lib/login/kept-passwords.ts';
import { KnownOriginStore } from '../../lib/login/known-origins.ts';
import { type LoginRequest, logIn } from '../../lib/login/log-in.ts';
import { Tombstones } from '../../lib/sessions/tombstones.ts';
import { answering, quiet } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { heals } from '../support/sessions/dead-sessions.ts';
import { defined, newMember, SALT, storeKeys } from '../support/sessions/session-world.ts';
import { UNLIMITED } from '../support/sessions/unlimited.ts';
import { makeSessionUnreadable } from '../support/sessions/unreadable.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const never = new AbortController().signal;

/** Creates a member whose every password AimHarder accepts. @param keptPassword the password that an earlier login kept. */
async function member(keptPassword?: string) {
  const { documents } = database;
  const { email, clock, sessions, state, logins } = newMember(documents);
  const secrets = async () => ({ fingerprintSalt: SALT, keys: storeKeys });
  const kept = new KeptPasswords({ documents, table: 'credentials', clock, secrets });
  if (keptPassword !== undefined) await kept.keep(email, keptPassword);
  const errors: unknown[] = [];
  /** The fingerprints of the logins that AimHarder was asked for. */
  const asked: string[] = [];
  const aimHarder = answering({
    ...heals,
    login(credentials) {
      asked.push(credentials.fingerprint);
      return heals.login(credentials);
    },
  });
  /** Logs in. @param meanwhile happens when the sessions are stored, and the password is not kept yet. */
  function login(password: string, changes: Partial<LoginRequest> = {}, meanwhile = async () => {}) {
    clock.advance(1);
    return logIn(
      {
        ...{ aimHarder, sessions, state, logins, keptPasswords: kept, secrets, clock },
        throttle: { count: async () => UNLIMITED },
        knownOrigins: new KnownOriginStore({ documents, table: 'loginAttempts', clock }),
        boxes: { saveBoxes: meanwhile },
        endPush: async () => undefined,
        tombstones: new Tombstones({ documents, table: 'tombstones' }),
        isInvited: () => true,
        logger: { ...quiet, error: (_event, error) => void errors.push(error) },
      },
      { email, password, fingerprint: 'phone-12345', ...changes },
      { sourceAddress: '192.0.2.1', deviceOfToken: undefined },
      never,
    );
  }
  return { email, sessions, kept, login, errors, asked };
}

describe('a login without keepCredentials', () => {
  test('replaces the password that an earlier login kept: the member may have changed it at AimHarder', async () => {
    const { email, kept, login, errors } = await member('password');

    await login('new password');

    expect(await kept.find(email)).toMatchObject({ password: 'new password' });
    expect(errors).toEqual([]);
  });

  test('ends the wait for the next relogin, because AimHarder has accepted the password', async () => {
    const { email, kept, login } = await member('password');
    const refused = await kept.find(email);
    if (refused) await kept.postponeRelogin({ ...refused, refusals: 5 });
    expect(await kept.countRelogin(email)).toBe(false);

    await login('password');

    expect(await kept.find(email)).toMatchObject({ password: 'password', refusals: 0 });
    expect(await kept.countRelogin(email)).toBe(true);
  });

  test('keeps no password if none is kept', async () => {
    const { email, kept, login, errors } = await member();

    await login('password');

    expect(await kept.find(email)).toBeUndefined();
    expect(errors).toEqual([]);
  });

  test('revives no password that was forgotten meanwhile', async () => {
    const { email, kept, login } = await member('password');

    await login('password', {}, () => kept.forget(email));

    expect(await kept.find(email)).toBeUndefined();
  });

  test('succeeds although the kept password cannot be replaced, which is logged', async () => {
    const { email, kept, login, errors } = await member('password');
    kept.replaceIfKept = async () => {
      throw new Error('no answer');
    };

    expect(await login('new password')).toMatchObject({ session: { email }, warnings: [] });

    expect(errors).toEqual([new Error('no answer')]);
  });
});

test.each([
  ['replaces', true],
  ['forgets', false],
] as const)('a login %s the kept password if it has keepCredentials %s', async (_does, keepCredentials) => {
  const { email, kept, login } = await member('password');

  await login('new password', { keepCredentials });

  expect((await kept.find(email))?.password).toBe(keepCredentials ? 'new password' : undefined);
});

describe('a session that cannot be decoded', () => {
  test('is replaced by a login, if it is a device session', async () => {
    const { email, sessions, login } = await member();
    const { session } = await login('password');
    await makeSessionUnreadable(database.documents, session);

    expect(await login('password')).toMatchObject({ backgroundSession: { state: 'active' }, warnings: [] });

    expect(await sessions.getAllUserSessions(email)).toHaveLength(2);
  });

  test.each([
    ['is', 'state'],
    ['may be', 'sessionType'],
  ])('and %s the background session stops the login before AimHarder is asked', async (_name, attribute) => {
    const { sessions, login, asked } = await member();
    const background = defined((await login('password')).backgroundSession ?? undefined);
    await makeSessionUnreadable(database.documents, background, attribute);
    const before = [...asked];

    await expect(login('password')).rejects.toThrow();
    await expect(login('password', { fingerprint: 'tablet-12345' })).rejects.toThrow();

    expect(asked).toEqual(before);
    await expect(sessions.find(background)).rejects.toThrow();
  });
});
