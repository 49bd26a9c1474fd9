import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DualLoginDeps, dualLogin } from '../../lib/login/dual-login.ts';
import { LoginThrottle } from '../../lib/login/login-throttle.ts';
import { generateBackgroundFingerprint } from '../../lib/sessions/fingerprint.ts';
import { answering, quiet } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { newMember, SALT } from '../support/sessions/session-world.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const never = new AbortController().signal;

/** A member who may log in several times at once; AimHarder's every token names its login. */
function member() {
  const { email, clock, sessions, tokens, state, logins } = newMember(database.documents);
  /** @param stored awaited before the background session is stored, which AimHarder made before. */
  function login(device: string, { salt = SALT, stored = async () => {} } = {}) {
    const deps: DualLoginDeps = {
      aimHarder: answering({
        async login({ fingerprint }) {
          clock.advance(10);
          const session = { fingerprint, token: `${device} ${fingerprint}`, cookies: [] };
          return { kind: 'logged-in', session, boxes: [] };
        },
        async setRefresh(session) {
          if (session.fingerprint !== device) await stored();
          return session;
        },
      }),
      sessions,
      state,
      logins,
      throttle: new LoginThrottle({ documents: database.documents, table: 'loginAttempts', clock }),
      boxes: { saveBoxes: async () => undefined },
      secrets: async () => ({ fingerprintSalt: salt }),
      clock,
      logger: quiet,
    };
    const request = { email, password: 'x', fingerprint: device, deviceName: null, sourceAddress: '::1' };
    const caller = { knownDevice: undefined, isKnownAddress: false, hasSession: false };
    return dualLogin(deps, { ...request, ...caller }, async () => undefined, never);
  }
  const backgrounds = async () =>
    (await sessions.getAllUserSessions(email)).filter(({ sessionType }) => sessionType === 'background');
  return { email, tokens, state, login, backgrounds };
}

test('of two concurrent logins, the later one’s background session stays, although the earlier one is stored last', async () => {
  const { email, tokens, login, backgrounds } = member();
  let later: ReturnType<typeof login> | undefined;

  const earlier = await login('phone-12345', {
    stored: async () => {
      later = login('tablet-12345');
      await later;
    },
  });

  const [stored, ...more] = await backgrounds();
  expect(more).toEqual([]);
  expect(stored && (await tokens.decrypt(stored)).token).toBe(
    `tablet-12345 ${generateBackgroundFingerprint(email, SALT)}`,
  );
  expect(earlier.backgroundSession).toEqual((await later)?.backgroundSession);
});

test.each([
  [SALT, 'another-salt'],
  ['another-salt', SALT],
])(
  'two concurrent logins with the salts %s and %s leave one background session: the later one’s',
  async (first, second) => {
    const { email, login, backgrounds } = member();

    const earlier = await login('phone-12345', {
      salt: first,
      stored: async () => {
        await login('tablet-12345', { salt: second });
      },
    });

    const left = await backgrounds();
    expect(left.map(({ fingerprint }) => fingerprint)).toEqual([generateBackgroundFingerprint(email, second)]);
    expect(earlier.backgroundSession).toEqual(left[0]);
  },
);

test('a login with a new salt ends the background session of the old one', async () => {
  const { email, login, backgrounds } = member();
  await login('phone-12345', { salt: 'old-salt' });

  await login('phone-12345');

  expect((await backgrounds()).map(({ fingerprint }) => fingerprint)).toEqual([
    generateBackgroundFingerprint(email, SALT),
  ]);
});

test('a login ends with an error if an older background session can never be ended', async () => {
  const { state, login } = member();
  await login('phone-12345', { salt: 'old-salt' });
  let tries = 0;
  state.markReplaced = async () => {
    tries += 1;
    if (tries > 1_000) throw new Error('There is no bound.');
    return false;
  };

  await expect(login('phone-12345')).rejects.toMatchObject({ code: 'unavailable' });
});

test('any login replaces a dead background session, even an earlier login', async () => {
  const { state, login, backgrounds } = member();

  await login('phone-12345', {
    stored: async () => {
      const { backgroundSession } = await login('tablet-12345');
      if (backgroundSession?.sessionType === 'background') await state.markLoginRequired(backgroundSession);
    },
  });

  expect(await backgrounds()).toMatchObject([{ state: 'active' }]);
});
