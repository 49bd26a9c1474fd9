import { describe, expect, test } from 'vitest';
import { keepPassword } from '../../lib/login/keep-password.ts';
import { dead, deadSessions, heals } from '../support/sessions/dead-sessions.ts';
import { SALT } from '../support/sessions/session-world.ts';

const { member, inWheel } = deadSessions();

describe('a password that is kept by a login whose background login failed', () => {
  const failed = {
    session: { boxes: [{ box: 'crossfit-demo', boxId: '9818', name: 'Demo' }] },
    backgroundSession: null,
  };
  const keepFor = ({ email, kept, logins, sessions }: Awaited<ReturnType<typeof member>>) =>
    keepPassword(
      { keptPasswords: kept, logins, sessions, secrets: async () => ({ fingerprintSalt: SALT }) },
      { email, password: 'password' },
      failed,
    );

  test('makes the wheel log in again a dead session that had left it', async () => {
    const world = await member({ keeps: false });
    const { runWheel, now } = world;
    await runWheel(dead);
    await runWheel(heals);
    expect(await now()).toMatchObject({ state: 'login-required' });

    await keepFor(world);

    expect(await runWheel(heals)).toMatchObject({ loggedInAgain: 1 });
    expect(await now()).toMatchObject({ state: 'active' });
  });

  test('makes the wheel create a session that never existed', async () => {
    const world = await member({ keeps: false });
    const { email, seen, sessions, runWheel, now } = world;
    await sessions.deleteSession(email, { sessionType: 'background', confirmProtectedDeletion: true });

    await keepFor(world);
    expect(await now()).toMatchObject({ state: 'login-required', fingerprint: seen.fingerprint });

    expect(await runWheel(heals)).toMatchObject({ loggedInAgain: 1 });
    expect(await now()).toMatchObject({ state: 'active', protected: true });
  });

  test('is not missed by a run of the wheel that has just found no password', async () => {
    const world = await member({ keeps: false });
    const { clock, seen, state, now } = world;
    await state.markLoginRequired(seen);
    const found = await now();
    clock.advance(1);
    await keepFor(world);

    expect(found && (await state.markNotified(found, true))).toBe(false);
    expect(await inWheel(seen)).toBe(true);
  });

  test('leaves a live session as it is', async () => {
    const world = await member({ keeps: false });

    await keepFor(world);

    expect(await world.now()).toEqual(world.seen);
  });
});
