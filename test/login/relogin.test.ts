import { describe, expect, test } from 'vitest';
import type { AimHarderSession } from '../../lib/aimharder/client.ts';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { answering, silent } from '../support/aimharder/upstream.ts';
import { dead, deadSessions, heals, loggedIn } from '../support/sessions/dead-sessions.ts';
import { background, defined } from '../support/sessions/session-world.ts';

const { member, inWheel } = deadSessions();
const never = new AbortController().signal;

describe('a background session that AimHarder has ended', () => {
  test('is logged in at its next refresh after an unexpected error, and its member is not notified', async () => {
    const { runWheel, now, published } = await member();
    const bug = async () => {
      throw new Error('a bug');
    };
    expect(await runWheel({ ...dead, login: bug })).toMatchObject({ failed: 1 });

    expect(await runWheel(heals)).toMatchObject({ loggedInAgain: 1 });

    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toEqual([]);
  });

  test('is logged in again at once, and its member is not notified', async () => {
    const { runWheel, now, published } = await member();

    expect(await runWheel({ ...dead, ...heals })).toMatchObject({ loggedInAgain: 1 });

    expect(await now()).toMatchObject({ state: 'active', notificationPending: false });
    expect(published).toEqual([]);
  });

  test('is logged in again as a member’s login does it: setrefresh is called once, and the token that it shows is stored', async () => {
    const { runWheel, now, tokens } = await member();
    const refreshed: AimHarderSession[] = [];
    const setRefresh = async (session: AimHarderSession) => {
      refreshed.push(session);
      return { ...session, token: 'shown' };
    };

    expect(await runWheel({ ...dead, ...heals, setRefresh })).toMatchObject({ loggedInAgain: 1 });

    expect(refreshed).toMatchObject([{ token: 'healed' }]);
    expect(await tokens.decrypt(defined(await now()))).toMatchObject({ token: 'shown' });
  });

  test('is logged in again although AimHarder does not answer setrefresh', async () => {
    const { runWheel, now, tokens } = await member();

    expect(await runWheel({ ...dead, ...heals, setRefresh: silent })).toMatchObject({ loggedInAgain: 1 });

    expect(await tokens.decrypt(defined(await now()))).toMatchObject({ token: 'healed' });
  });

  test('is logged in again later if AimHarder gave no answer, and its member is notified once, after the first failure', async () => {
    const { runWheel, now, seen, published } = await member();

    expect(await runWheel({ ...dead, login: silent })).toMatchObject({ ended: 1 });
    expect(await now()).toMatchObject({ refreshingUntil: null, lastTokenUpdateError: 'upstream-timeout' });
    expect(published).toMatchObject([{ type: 'Session LoginRequired', detail: { eventId: seen.tokenVersion } }]);
    expect(await runWheel({ login: silent })).toMatchObject({ needLogin: 1 });
    for (let more = 0; more < 8; more += 1) await runWheel(heals);

    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toHaveLength(1);
  });

  test('without a kept password leaves the wheel, and its member is notified once', async () => {
    const { runWheel, seen, published } = await member({ keeps: false });

    await runWheel(dead);

    expect(published).toHaveLength(1);
    expect(await inWheel(seen)).toBe(false);
    expect(await runWheel(dead)).toMatchObject({ needLogin: 0, ended: 0 });
  });

  test('causes one event, which is published again until the bus accepts it', async () => {
    const { runWheel, seen, now, bus, published } = await member({ keeps: false });
    bus.takes = false;
    await runWheel(dead);
    const { updatedAt } = (await now()) ?? {};
    await runWheel(dead);
    expect(await inWheel(seen)).toBe(true);
    bus.takes = true;

    await runWheel(dead);

    expect(published).toMatchObject([
      { detail: { eventId: seen.tokenVersion, since: new Date(updatedAt ?? 0).toISOString() } },
    ]);
  });

  test('that a firing finds dead is left to the wheel, which notifies its member', async () => {
    const { firing, runWheel, seen, published } = await member();

    expect(await firing(answering({ ...dead, login: silent })).refresh(seen, never)).toMatchObject({
      kind: 'ended',
    });
    expect(published).toEqual([]);
    await runWheel({ login: silent });

    expect(published).toHaveLength(1);
  });

  test('that a login has replaced meanwhile is not logged in again', async () => {
    const { email, clock, logins, runWheel, now, published } = await member();
    clock.advance(1);

    const counts = await runWheel({
      ...dead,
      async updateToken() {
        await logins.storeSession(background(email, 'of a login'));
        return { kind: 'logged-out' };
      },
    });

    expect(counts).toMatchObject({ gone: 1, loggedInAgain: 0 });
    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toEqual([]);
  });

  test('that another caller is logging in again causes no notification', async () => {
    const { clock, state, runWheel, seen, published } = await member();
    await state.markLoginRequired(seen);
    await state.acquireRefreshLock({ ...seen, state: 'login-required' }, clock.now() + HOUR);

    expect(await runWheel(heals)).toMatchObject({ needLogin: 1, loggedInAgain: 0 });

    expect(published).toEqual([]);
  });

  test('is logged in again by one caller at a time', async () => {
    const { reloginAt, state, seen, now } = await member();
    let logins = 0;
    const slow = answering({
      ...dead,
      ...heals,
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
  test('that AimHarder no longer accepts is forgotten, and its member is notified', async () => {
    const { email, kept, runWheel, seen, published } = await member();

    await runWheel({ ...dead, login: async () => ({ kind: 'wrong-password' }) });

    expect(await kept.find(email)).toBeUndefined();
    expect(published).toHaveLength(1);
    expect(await inWheel(seen)).toBe(false);
  });

  test('that AimHarder refuses without calling it wrong is kept: the account may be locked', async () => {
    const { email, kept, runWheel, now, seen, published } = await member();

    await runWheel({ ...dead, login: async () => ({ kind: 'refused' }) });

    expect(await kept.find(email)).toMatchObject({ password: 'password', refusals: 1 });
    expect(await now()).toMatchObject({ state: 'login-required', lastTokenUpdateError: 'refused' });
    expect(published).toHaveLength(1);
    expect(await inWheel(seen)).toBe(true);
    for (let more = 0; more < 8; more += 1) await runWheel(heals);
    expect(await now()).toMatchObject({ state: 'active' });
  });

  test('that AimHarder goes on refusing is tried ever less often, at last once a day', async () => {
    const { email, kept, clock } = await member();
    const tried: number[] = [];
    for (let hour = 0; hour <= 80; hour += 1, clock.advance(HOUR)) {
      const refused = (await kept.countRelogin(email)) && (await kept.find(email));
      if (!refused) continue;
      tried.push(hour);
      await kept.postponeRelogin(refused);
    }

    expect(tried).toEqual([0, 1, 3, 7, 15, 31, 55, 79]);
    await kept.keep(email, 'the same or another');
    expect(await kept.countRelogin(email)).toBe(true);
    expect(await kept.find(email)).toMatchObject({ refusals: 0 });
  });

  test('that the member has replaced meanwhile is not forgotten, and the next login uses it', async () => {
    const { email, kept, runWheel, now } = await member();
    await runWheel({
      ...dead,
      async login() {
        await kept.keep(email, 'new password');
        return { kind: 'wrong-password' };
      },
    });
    expect(await kept.find(email)).toMatchObject({ password: 'new password' });

    await runWheel(heals);

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

  test('that is kept again does not reset the count of logins', async () => {
    const { email, kept } = await member();
    expect([await kept.countRelogin(email), await kept.countRelogin(email)]).toEqual([true, true]);

    await kept.keep(email, 'another');

    expect(await kept.countRelogin(email)).toBe(false);
  });

  test('that does not exist counts no login', async () => {
    const { email, kept } = await member({ keeps: false });

    expect(await kept.countRelogin(email)).toBe(false);
    expect(await kept.find(email)).toBeUndefined();
  });

  test('lets two of ten concurrent callers log in', async () => {
    const { email, kept } = await member();

    const taken = await Promise.all(Array.from({ length: 10 }, () => kept.countRelogin(email)));

    expect(taken.filter(Boolean)).toHaveLength(2);
  });
});
