import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { answering, silent } from '../support/aimharder/upstream.ts';
import { dead, dyingMembers, heals, loggedIn } from '../support/sessions/dead-sessions.ts';
import { background } from '../support/sessions/session-world.ts';

const { member, inWheel } = dyingMembers();
const never = new AbortController().signal;

describe('a background session that AimHarder has ended', () => {
  test('that could not be healed for a fault of ours is healed at its next turn, and nobody told before', async () => {
    const { turn, now, published } = await member();
    const bug = async () => {
      throw new Error('a bug');
    };
    expect(await turn({ ...dead, login: bug })).toMatchObject({ failed: 1 });

    expect(await turn(heals)).toMatchObject({ loggedInAgain: 1 });

    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toEqual([]);
  });

  test('is healed at once where that succeeds, and nobody told', async () => {
    const { turn, now, published } = await member();

    expect(await turn({ ...dead, ...heals })).toMatchObject({ loggedInAgain: 1 });

    expect(await now()).toMatchObject({ state: 'active', notificationPending: false });
    expect(published).toEqual([]);
  });

  test('is tried again after AimHarder gave no answer, and its member told after the first failure, once', async () => {
    const { turn, now, seen, published } = await member();

    expect(await turn({ ...dead, login: silent })).toMatchObject({ ended: 1 });
    expect(await now()).toMatchObject({ refreshingUntil: null, lastTokenUpdateError: 'upstream-timeout' });
    expect(published).toMatchObject([{ type: 'Session LoginRequired', detail: { eventId: seen.tokenVersion } }]);
    expect(await turn({ login: silent })).toMatchObject({ needLogin: 1 });
    for (let more = 0; more < 8; more += 1) await turn(heals);

    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toHaveLength(1);
  });

  test('without a kept password is told of once, and needs no turn any more', async () => {
    const { turn, seen, published } = await member({ keeps: false });

    await turn(dead);

    expect(published).toHaveLength(1);
    expect(await inWheel(seen)).toBe(false);
    expect(await turn(dead)).toMatchObject({ needLogin: 0, ended: 0 });
  });

  test('is told of until the bus takes it, always the same', async () => {
    const { turn, seen, now, bus, published } = await member({ keeps: false });
    bus.takes = false;
    await turn(dead);
    const { updatedAt } = (await now()) ?? {};
    await turn(dead);
    expect(await inWheel(seen)).toBe(true);
    bus.takes = true;

    await turn(dead);

    expect(published).toMatchObject([
      { detail: { eventId: seen.tokenVersion, since: new Date(updatedAt ?? 0).toISOString() } },
    ]);
  });

  test('that the firing function found dead is healed by the wheel, or told of', async () => {
    const { firing, turn, seen, published } = await member();

    expect(await firing(answering({ ...dead, login: silent })).refresh(seen, never)).toMatchObject({
      kind: 'ended',
    });
    expect(published).toEqual([]);
    await turn({ login: silent });

    expect(published).toHaveLength(1);
  });

  test('that a login has replaced meanwhile is not logged in again', async () => {
    const { email, clock, logins, turn, now, published } = await member();
    clock.advance(1);

    const counts = await turn({
      async updateToken() {
        await logins.storeSession(background(email, 'of a login'));
        return { kind: 'logged-out' };
      },
    });

    expect(counts).toMatchObject({ gone: 1, loggedInAgain: 0 });
    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toEqual([]);
  });

  test('that another caller is just logging in again is nothing to tell of', async () => {
    const { clock, state, turn, seen, published } = await member();
    await state.markLoginRequired(seen);
    await state.acquireRefreshLock({ ...seen, state: 'login-required' }, clock.now() + HOUR);

    expect(await turn(heals)).toMatchObject({ needLogin: 1, loggedInAgain: 0 });

    expect(published).toEqual([]);
  });

  test('is logged in again by one caller at a time', async () => {
    const { reloginAt, state, seen, now } = await member();
    let logins = 0;
    const slow = answering({
      ...dead,
      async login({ fingerprint }) {
        logins += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return loggedIn(fingerprint);
      },
    });
    await state.markLoginRequired(seen);
    const marked = (await now()) ?? seen;

    const healings = await Promise.all([1, 2, 3].map(() => reloginAt(slow)(marked, never)));

    expect(healings.map((healing) => healing.kind).toSorted()).toEqual(['changed', 'changed', 'logged-in']);
    expect(logins).toBe(1);
  });
});

describe('a kept password', () => {
  test('that AimHarder no longer accepts is forgotten, and its member told', async () => {
    const { email, kept, turn, seen, published } = await member();

    await turn({ ...dead, login: async () => ({ kind: 'wrong-credentials' }) });

    expect(await kept.find(email)).toBeUndefined();
    expect(published).toHaveLength(1);
    expect(await inWheel(seen)).toBe(false);
  });

  test('that the member gave anew meanwhile is not forgotten for the old one, and heals', async () => {
    const { email, kept, turn, now } = await member();
    await turn({
      ...dead,
      async login() {
        await kept.keep(email, 'new password');
        return { kind: 'wrong-credentials' };
      },
    });
    expect(await kept.find(email)).toMatchObject({ password: 'new password' });

    await turn(heals);

    expect(await now()).toMatchObject({ state: 'active' });
  });

  test('logs in no more than twice in any sixty minutes', async () => {
    const { email, clock, kept } = await member();
    const start = clock.now();
    const takenAt = [0, 59, 60, 61, 118, 119, 120, 178, 179];
    const taken: number[] = [];
    for (const minutes of takenAt) {
      clock.advance(start + minutes * MINUTE - clock.now());
      if (await kept.countRelogin(email)) taken.push(minutes);
    }

    expect(taken).toEqual([0, 59, 60, 119, 120, 179]);
    for (const [index, minutes] of taken.entries())
      expect((taken[index + 2] ?? Number.POSITIVE_INFINITY) * MINUTE - minutes * MINUTE).toBeGreaterThanOrEqual(HOUR);
  });

  test('that is kept anew does not begin the counting anew', async () => {
    const { email, kept } = await member();
    expect([await kept.countRelogin(email), await kept.countRelogin(email)]).toEqual([true, true]);

    await kept.keep(email, 'another');

    expect(await kept.countRelogin(email)).toBe(false);
  });

  test('that is not there counts nothing', async () => {
    const { email, kept } = await member({ keeps: false });

    expect(await kept.countRelogin(email)).toBe(false);
    expect(await kept.find(email)).toBeUndefined();
  });

  test('of ten callers at once two may log in', async () => {
    const { email, kept } = await member();

    const taken = await Promise.all(Array.from({ length: 10 }, () => kept.countRelogin(email)));

    expect(taken.filter(Boolean)).toHaveLength(2);
  });
});
