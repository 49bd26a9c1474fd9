import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AimHarder } from '../../lib/aimharder/client.ts';
import type { ServiceEvent } from '../../lib/events/details.ts';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { credentials } from '../../lib/sessions/credentials.ts';
import { healer } from '../../lib/sessions/heal.ts';
import { keepCredentials } from '../../lib/sessions/keep-credentials.ts';
import { type RefreshDeps, refreshSession } from '../../lib/sessions/refresh.ts';
import { refreshCursor } from '../../lib/sessions/refresh-cursor.ts';
import { refreshIndex } from '../../lib/sessions/refresh-index.ts';
import { refreshTokens } from '../../lib/sessions/refresh-tokens.ts';
import type { BackgroundSession } from '../../lib/sessions/session.ts';
import { startDynamo } from '../support/dynamo.ts';
import { background, newMember, SALT, storeKeys } from '../support/session-world.ts';
import { answering, quiet, silent } from '../support/upstream.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
  await refreshCursor({ documents: database.documents, table: 'sessions' }).claim(0);
});
afterAll(() => database.stop());

const never = new AbortController().signal;
const dead = { updateToken: async () => ({ kind: 'logged-out' }) };
const loggedIn = (fingerprint: string) => ({
  kind: 'logged-in',
  session: { fingerprint, token: 'healed', cookies: [{ name: 'amhrdrauth', value: 'healed' }] },
  boxes: [],
});
const heals = { login: async ({ fingerprint }: { fingerprint: string }) => loggedIn(fingerprint) };

/** A member whose password is kept, if so wished, and whose background session has just died at AimHarder. */
async function member({ keeps = true } = {}) {
  const { documents } = database;
  const { email, clock, sessions, tokens } = newMember(documents);
  const kept = credentials({
    documents,
    table: 'credentials',
    clock,
    secrets: async () => ({ fingerprintSalt: SALT, keys: storeKeys }),
  });
  if (keeps) await kept.keep(email, 'password');
  const seen = (await tokens.storeSession(background(email))) as BackgroundSession;
  const published: ServiceEvent[] = [];
  const bus = { takes: true };
  const common = { sessions, tokens, clock, logger: quiet, measure: () => undefined };
  /** As the firing function has it: it heals, and tells nobody. */
  const firing = (aimHarder: AimHarder): RefreshDeps => ({
    ...common,
    aimHarder,
    heal: healer({ ...common, aimHarder, credentials: kept }),
  });
  let minute = Math.floor(clock.now() / MINUTE) + 1_000_000 * members++;
  return {
    email,
    clock,
    kept,
    seen,
    tokens,
    sessions,
    published,
    bus,
    firing,
    now: () => sessions.getBackgroundSession(email),
    /** One turn of the wheel. */
    async turn(answers: Parameters<typeof answering>[0]) {
      minute += 8;
      clock.advance(8 * MINUTE);
      const all = refreshIndex({ documents, table: 'sessions' });
      return refreshTokens(
        {
          ...firing(answering(answers)),
          async publish(event) {
            if (!bus.takes) throw new Error('the bus takes nothing');
            published.push(event);
          },
          cursor: refreshCursor({ documents, table: 'sessions' }),
          wheel: { slots: 8, shards: 1 },
          concurrency: 2,
          // Of this member alone: each test has its own clock.
          async *keysIn(partition) {
            for await (const key of all(partition)) if (key.email === email) yield key;
          },
        },
        minute,
        Number.POSITIVE_INFINITY,
        never,
      );
    },
  };
}
let members = 0;
const inWheel = async ({ email, fingerprint }: BackgroundSession) =>
  (await database.documents.send(new GetCommand({ TableName: 'sessions', Key: { email, fingerprint } }))).Item?.[
    'refreshSlot'
  ] !== undefined;

describe('a background session that AimHarder has ended', () => {
  test('that could not be healed for a fault of ours is healed at its next turn, and nobody told before', async () => {
    const { turn, now, published } = await member();
    const bug = async () => {
      throw new Error('a bug');
    };
    expect(await turn({ ...dead, login: bug })).toMatchObject({ failed: 1 });

    expect(await turn(heals)).toMatchObject({ healed: 1 });

    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toEqual([]);
  });

  test('is healed at once where that succeeds, and nobody told', async () => {
    const { turn, now, published } = await member();

    expect(await turn({ ...dead, ...heals })).toMatchObject({ healed: 1 });

    expect(await now()).toMatchObject({ state: 'active', untold: false });
    expect(published).toEqual([]);
  });

  test('is tried again after AimHarder gave no answer, and its member told after the first failure, once', async () => {
    const { turn, now, seen, published } = await member();

    expect(await turn({ ...dead, login: silent })).toMatchObject({ ended: 1 });
    expect(await now()).toMatchObject({ refreshingUntil: null, lastTokenUpdateError: 'upstream-timeout' });
    expect(published).toMatchObject([{ type: 'Session LoginRequired', detail: { eventId: seen.tokenVersion } }]);
    expect(await turn({ login: silent })).toMatchObject({ dead: 1 });
    for (let more = 0; more < 8; more += 1) await turn(heals);

    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toHaveLength(1);
  });

  test('without a kept password is told of once, and needs no turn any more', async () => {
    const { turn, seen, published } = await member({ keeps: false });

    await turn(dead);

    expect(published).toHaveLength(1);
    expect(await inWheel(seen)).toBe(false);
    expect(await turn(dead)).toMatchObject({ dead: 0, ended: 0 });
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

    expect(await refreshSession(firing(answering({ ...dead, login: silent })), seen, never)).toMatchObject({
      kind: 'ended',
    });
    expect(published).toEqual([]);
    await turn({ login: silent });

    expect(published).toHaveLength(1);
  });

  test('that a login has replaced meanwhile is not logged in again', async () => {
    const { email, clock, tokens, turn, now, published } = await member();
    clock.advance(1);

    const counts = await turn({
      async updateToken() {
        await tokens.storeSession(background(email, 'of a login'));
        return { kind: 'logged-out' };
      },
    });

    expect(counts).toMatchObject({ gone: 1, healed: 0 });
    expect(await now()).toMatchObject({ state: 'active' });
    expect(published).toEqual([]);
  });

  test('that another caller is just logging in again is nothing to tell of', async () => {
    const { clock, tokens, turn, seen, published } = await member();
    await tokens.markLoginRequired(seen);
    await tokens.takeTurn({ ...seen, state: 'login-required' }, clock.now() + HOUR);

    expect(await turn(heals)).toMatchObject({ dead: 1, healed: 0 });

    expect(published).toEqual([]);
  });

  test('is logged in again by one caller at a time', async () => {
    const { firing, seen, now } = await member();
    let logins = 0;
    const slow = answering({
      ...dead,
      async login({ fingerprint }) {
        logins += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return loggedIn(fingerprint);
      },
    });
    await firing(slow).tokens.markLoginRequired(seen);
    const marked = (await now()) ?? seen;

    const healings = await Promise.all([1, 2, 3].map(() => firing(slow).heal?.(marked, never)));

    expect(healings.map((healing) => healing?.kind).toSorted()).toEqual(['changed', 'changed', 'healed']);
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
      if (await kept.takeLogin(email)) taken.push(minutes);
    }

    expect(taken).toEqual([0, 59, 60, 119, 120, 179]);
    for (const [index, minutes] of taken.entries())
      expect((taken[index + 2] ?? Number.POSITIVE_INFINITY) * MINUTE - minutes * MINUTE).toBeGreaterThanOrEqual(HOUR);
  });

  test('that is kept anew does not begin the counting anew', async () => {
    const { email, kept } = await member();
    expect([await kept.takeLogin(email), await kept.takeLogin(email)]).toEqual([true, true]);

    await kept.keep(email, 'another');

    expect(await kept.takeLogin(email)).toBe(false);
  });

  test('that is not there counts nothing', async () => {
    const { email, kept } = await member({ keeps: false });

    expect(await kept.takeLogin(email)).toBe(false);
    expect(await kept.find(email)).toBeUndefined();
  });

  test('of ten callers at once two may log in', async () => {
    const { email, kept } = await member();

    const taken = await Promise.all(Array.from({ length: 10 }, () => kept.takeLogin(email)));

    expect(taken.filter(Boolean)).toHaveLength(2);
  });
});

describe('a password that is kept by a login whose background login failed', () => {
  const failed = {
    session: { boxes: [{ box: 'crossfit-demo', boxId: '9818', name: 'Demo' }] },
    backgroundSession: null,
  };
  const keepFor = ({ email, kept, tokens, sessions }: Awaited<ReturnType<typeof member>>) =>
    keepCredentials(
      { credentials: kept, tokens, sessions, secrets: async () => ({ fingerprintSalt: SALT }) },
      { email, password: 'password' },
      failed,
    );

  test('heals a dead session that nothing was left to try for', async () => {
    const world = await member({ keeps: false });
    const { turn, now } = world;
    await turn(dead);
    await turn(heals);
    expect(await now()).toMatchObject({ state: 'login-required' });

    await keepFor(world);

    expect(await turn(heals)).toMatchObject({ healed: 1 });
    expect(await now()).toMatchObject({ state: 'active' });
  });

  test('makes the session that never was', async () => {
    const world = await member({ keeps: false });
    const { email, seen, sessions, turn, now } = world;
    await sessions.deleteSession(email, { sessionType: 'background', confirmProtectedDeletion: true });

    await keepFor(world);
    expect(await now()).toMatchObject({ state: 'login-required', fingerprint: seen.fingerprint });

    expect(await turn(heals)).toMatchObject({ healed: 1 });
    expect(await now()).toMatchObject({ state: 'active', protected: true });
  });

  test('leaves a live session as it is', async () => {
    const world = await member({ keeps: false });

    await keepFor(world);

    expect(await world.now()).toEqual(world.seen);
  });
});
