import { afterAll, beforeAll, expect, test } from 'vitest';
import { endSession } from '../../lib/sessions/end-session.ts';
import type { DeviceSession } from '../../lib/sessions/session.ts';
import { background, device, newMember, START, startSessionWorld } from '../support/sessions/session-world.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());

async function memberWithBoth() {
  const { email, sessions, logins } = newMember(world.documents);
  const caller = (await logins.storeSession(device(email, 'phone-12345'))) as DeviceSession;
  const stored = await logins.storeSession(background(email));
  return { caller, sessions, fingerprint: stored.fingerprint };
}

test('a kept password is deleted before its session, so that a failed request can be repeated', async () => {
  const { caller, sessions, fingerprint } = await memberWithBoth();
  const done: string[] = [];
  const deps = {
    sessions: {
      find: sessions.find.bind(sessions),
      async deleteSession() {
        done.push('delete');
        throw new Error('the database is away');
      },
    },
    forgetPassword: async () => {
      done.push('forget');
    },
  };

  await expect(endSession(deps, caller, fingerprint, true, START)).rejects.toThrow('the database is away');

  expect(done).toEqual(['forget', 'delete']);
});

test.each([
  ['a device session', true, () => 'phone-12345'],
  ['a background session without confirmation', false, (fingerprint: string) => fingerprint],
])('ending %s forgets no password', async (_name, confirmed, which) => {
  const { caller, sessions, fingerprint } = await memberWithBoth();
  let forgotten = 0;
  const deps = {
    sessions,
    forgetPassword: async () => {
      forgotten += 1;
    },
  };

  await endSession(deps, caller, which(fingerprint), confirmed, START).catch(() => undefined);

  expect(forgotten).toBe(0);
});
