import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { endSurplusDevices } from '../../lib/login/device-limit.ts';
import { LIMITS } from '../../lib/platform/limits.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { background, device, newMember } from '../support/sessions/session-world.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const MOST = LIMITS.deviceSessions;

/** A member who logs in again and again, each time on another device. */
async function member() {
  const { email, clock, sessions, state, logins } = newMember(database.documents);
  await logins.storeSession(background(email));
  const silenced: string[] = [];
  const endPush = async (of: string, fingerprint: string) => void silenced.push(`${of} ${fingerprint}`);
  const logIn = async (index: number) => {
    clock.advance(1_000);
    await logins.storeSession(device(email, `phone-${String(index).padStart(5, '0')}`));
    await endSurplusDevices({ sessions, state, endPush }, email);
  };
  const devices = async () => (await sessions.getDeviceSessions(email)).map(({ fingerprint }) => fingerprint);
  return { email, sessions, logIn, devices, silenced };
}

test('the 21st device session ends the oldest one, and never the background session', async () => {
  const { email, sessions, logIn, devices, silenced } = await member();
  for (let index = 1; index <= MOST; index += 1) await logIn(index);
  expect(await devices()).toHaveLength(MOST);

  await logIn(MOST + 1);

  expect(await devices()).toHaveLength(MOST);
  expect(await devices()).not.toContain('phone-00001');
  expect(silenced).toEqual([`${email} phone-00001`]);
  expect(await sessions.getBackgroundSession(email)).toMatchObject({ state: 'active' });
});

/** Each login reads all sessions, and ends up to a hundred: the work of three hundred is for the full run. */
const AT_ONCE = inject('thorough') ? 300 : 60;

test(`${AT_ONCE} simultaneous logins leave twenty, and deleting all leaves none`, async () => {
  const { email, sessions, logIn, devices } = await member();

  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => logIn(index)));

  expect(await devices()).toHaveLength(MOST);
  await sessions.deleteSession(email, { sessionType: 'device' });
  expect(await devices()).toEqual([]);
  expect(await sessions.getBackgroundSession(email)).toBeDefined();
});

test('sessions of before the limit end, as far as a login has time', async () => {
  const { email, sessions, logIn, devices } = await member();
  const { logins } = newMember(database.documents);
  for (let index = 0; index < 150; index += 1) await logins.storeSession(device(email, `old-phone-${index}`));

  await logIn(1);
  expect((await devices()).length).toBeLessThan(60);
  await logIn(2);

  expect(await devices()).toHaveLength(MOST);
  expect(await sessions.deleteSession(email, { last: 'phone-00002' })).toBe(MOST);
});
