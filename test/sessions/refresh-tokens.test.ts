import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import type { Measured } from '../../lib/platform/metrics.ts';
import { refreshCursor } from '../../lib/sessions/refresh-cursor.ts';
import { refreshIndex } from '../../lib/sessions/refresh-index.ts';
import { type RefreshTokensDeps, refreshTokens } from '../../lib/sessions/refresh-tokens.ts';
import { refreshSlotOf } from '../../lib/sessions/session.ts';
import { startDynamo } from '../support/dynamo.ts';
import { device, sessionStores, steppedClock } from '../support/session-world.ts';
import { answering, quiet } from '../support/upstream.ts';
import { interceptedBy } from './sessions-model.ts';

/*
 * The wheel's run, against the real engine: what it does about time, load and failure. AimHarder's answers are the test's;
 * time stands still, unless an answer takes some.
 */

const never = new AbortController().signal;
const FOREVER = Number.POSITIVE_INFINITY;

let database: Awaited<ReturnType<typeof startDynamo>>;
let clock: ReturnType<typeof steppedClock>;
let refreshed: string[];
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

/** Sessions of one slot, which nobody else's runs refresh: each test has a member of its own. */
let tests = 0;
let email: string;
beforeEach(async () => {
  tests += 1;
  email = `wheel-${tests}@example.com`;
  clock = steppedClock();
  refreshed = [];
  // As if the wheel had been turning until just before.
  await deps().cursor.claim(slot3(0) - 1);
  await deps().cursor.finish(slot3(0) - 1, 2, undefined);
});

async function sessionsInSlot(slot: number, count: number): Promise<void> {
  const { tokens } = sessionStores(database.documents, clock);
  let stored = 0;
  for (let number = 0; stored < count; number += 1) {
    const fingerprint = `device-${number}`;
    if (refreshSlotOf({ email, fingerprint }, 8) !== slot) continue;
    await tokens.storeSession(device(email, fingerprint));
    stored += 1;
  }
}

const renewed = async (session: { fingerprint: string }) => {
  refreshed.push(session.fingerprint);
  return { kind: 'updated', session: { ...session, token: 'next' } };
};

function deps(changes: Partial<RefreshTokensDeps> = {}): RefreshTokensDeps {
  const { documents } = database;
  return {
    ...sessionStores(documents, clock),
    aimHarder: answering({ updateToken: renewed }),
    clock,
    logger: quiet,
    measure: () => undefined,
    cursor: refreshCursor({ documents, table: 'sessions' }),
    wheel: { slots: 8, shards: 1 },
    concurrency: 1,
    keysIn: keysOfMember(documents),
    ...changes,
  };
}

function keysOfMember(documents: Documents): RefreshTokensDeps['keysIn'] {
  const all = refreshIndex({ documents, table: 'sessions' });
  return async function* keysIn(partition, after) {
    for await (const key of all(partition, after)) if (key.email === email) yield key;
  };
}

/** The minutes of one test lie far from those of the others. Its first turn of slot 3, and those that follow. */
const slot3 = (turn: number) => tests * 8_000_000 + 3 + 8 * turn;
const run = (minute: number, changes: Partial<RefreshTokensDeps> = {}, lastStart = FOREVER) =>
  refreshTokens(deps(changes), minute, lastStart, never);
async function minutesBetween(first: number, last: number) {
  for (let minute = first + 1; minute < last; minute += 1) await run(minute);
}
/** An answer takes a second, after a first moment that is spread: so `count` sessions are begun until `lastStart`, one after the other. */
const slowly = answering({
  async updateToken(session) {
    clock.advance(SECOND);
    return renewed(session);
  },
});
const timeFor = (count: number) => clock.monotonic() + (count - 0.5) * SECOND;

describe('time', () => {
  test('a slot too long for its minute says what it left, and begins there at its next turn, until all had theirs', async () => {
    await sessionsInSlot(3, 10);
    const turnOf = (turn: number) => run(slot3(turn), { aimHarder: slowly }, timeFor(4));
    const measured: Measured[] = [];

    const first = await run(slot3(0), { aimHarder: slowly, measure: (one) => measured.push(one) }, timeFor(4));
    await minutesBetween(slot3(0), slot3(1));

    expect(first).toMatchObject({ refreshed: 4, left: 6 });
    expect(measured).toMatchObject([{ SessionsRefreshed: 4, SessionsLeft: 6 }]);
    expect(await turnOf(1)).toMatchObject({ refreshed: 4, left: 6 });
    await minutesBetween(slot3(1), slot3(2));
    expect(await turnOf(2)).toMatchObject({ refreshed: 4, left: 6 });
    expect(refreshed).toHaveLength(12);
    expect(new Set(refreshed).size).toBe(10);
  });

  test('the turn goes all round: what was left first, what had its turn last', async () => {
    await sessionsInSlot(3, 6);
    await run(slot3(0), { aimHarder: slowly }, timeFor(2));
    const [one, two] = refreshed;
    refreshed = [];
    await minutesBetween(slot3(0), slot3(1));

    expect(await run(slot3(1))).toMatchObject({ refreshed: 6, left: 0 });

    expect(refreshed.slice(-2)).toEqual([one, two]);
    expect(new Set(refreshed).size).toBe(6);
  });

  test('it does so too when the session that it stopped at is gone', async () => {
    await sessionsInSlot(3, 6);
    await run(slot3(0), { aimHarder: slowly }, timeFor(2));
    await deps().sessions.deleteSession(email, { fingerprint: refreshed[1] ?? '' });
    refreshed = [];
    await minutesBetween(slot3(0), slot3(1));

    expect(await run(slot3(1))).toMatchObject({ refreshed: 5, left: 0 });
  });

  test('minutes that were missed and there is no time for are left to the next run, unclaimed', async () => {
    await sessionsInSlot(3, 2);
    await sessionsInSlot(4, 2);

    expect(await run(slot3(0) + 1, { aimHarder: slowly }, timeFor(2))).toMatchObject({ refreshed: 2, left: 0 });
    expect(await run(slot3(0) + 2)).toMatchObject({ refreshed: 2 });

    expect(new Set(refreshed).size).toBe(4);
  });

  test('a run without any time claims nothing', async () => {
    await sessionsInSlot(3, 2);

    expect(await run(slot3(0), {}, clock.monotonic() - 1)).toMatchObject({ refreshed: 0, left: 0 });
    expect(await run(slot3(0))).toMatchObject({ refreshed: 2 });
  });
});

describe('runs', () => {
  test('a run that claims its minute and dies is made up by a later one, once', async () => {
    await sessionsInSlot(3, 2);
    const { cursor } = deps();
    await cursor.claim(slot3(0));

    expect(await run(slot3(0) + 1)).toMatchObject({ refreshed: 0 });
    expect(await run(slot3(0) + 2)).toMatchObject({ refreshed: 0 });
    const both = await Promise.all([run(slot3(0) + 3), run(slot3(0) + 3)]);
    expect(both.map((counts) => counts.refreshed).toSorted()).toEqual([0, 2]);
    expect(await run(slot3(0) + 4)).toMatchObject({ refreshed: 0 });
  });

  test('two runs for one minute refresh each session once', async () => {
    await sessionsInSlot(3, 4);

    const both = await Promise.all([run(slot3(0)), run(slot3(0))]);

    expect(both.map(({ refreshed: count }) => count).toSorted()).toEqual([0, 4]);
  });

  test('one whose index cannot be read waits for what it has begun, says what it did, fails, and is made up', async () => {
    await sessionsInSlot(3, 3);
    const measured: Measured[] = [];
    const answered = Promise.withResolvers<void>();
    const keysIn = deps().keysIn;
    const failing = run(slot3(0), {
      concurrency: 3,
      measure: (one) => measured.push(one),
      aimHarder: answering({
        async updateToken(session) {
          await answered.promise;
          return renewed(session);
        },
      }),
      async *keysIn(partition, after) {
        let keys = 0;
        for await (const key of keysIn(partition, after)) {
          if (keys === 2) throw new Error('the index cannot be read');
          keys += 1;
          yield key;
        }
      },
    });
    setTimeout(answered.resolve, 50);

    await expect(failing).rejects.toThrow('the index cannot be read');

    expect(refreshed).toHaveLength(2);
    expect(measured).toMatchObject([{ SessionsRefreshed: 2 }]);
    expect(await run(slot3(0) + 3)).toMatchObject({ refreshed: 3 });
  });

  test('a fault of ours with one session is counted, and touches no other', async () => {
    await sessionsInSlot(3, 3);
    let asked = 0;

    const counts = await run(slot3(0), {
      aimHarder: answering({
        async updateToken(session) {
          asked += 1;
          if (asked === 2) throw new Error('a bug');
          return renewed(session);
        },
      }),
    });

    expect(counts).toMatchObject({ refreshed: 2, failed: 1 });
  });
});

describe('load', () => {
  test('no more sessions are refreshed at the same time than it may', async () => {
    await sessionsInSlot(3, 12);
    let [open, most] = [0, 0];

    const counts = await run(slot3(0), {
      concurrency: 4,
      aimHarder: answering({
        async updateToken(session) {
          open += 1;
          most = Math.max(most, open);
          await new Promise((resolve) => setTimeout(resolve, 20));
          open -= 1;
          return renewed(session);
        },
      }),
    });

    expect(counts).toMatchObject({ refreshed: 12 });
    expect(most).toBe(4);
  });

  test('the first sessions start spread over 0.4 s, each at its own moment; the others follow the answers', async () => {
    await sessionsInSlot(3, 20);
    const begun = clock.monotonic();
    const waits: number[] = [];
    const spread = { ...clock, until: async (tick: number) => void waits.push(tick - begun) };

    await run(slot3(0), { clock: spread, concurrency: 10 });

    expect(waits).toHaveLength(10);
    expect(new Set(waits).size).toBeGreaterThan(5);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThan(400);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(100);
  });
});

describe('partitions', () => {
  test.each([
    ['fewer slots', { slots: 4, shards: 1 }],
    ['more slots', { slots: 12, shards: 1 }],
    ['more shards', { slots: 8, shards: 5 }],
  ])('with %s than before no session is without a turn', async (_name, wheel) => {
    for (const slot of [0, 3, 5, 7]) await sessionsInSlot(slot, 2);
    const start = slot3(0);

    for (let minute = start; minute < start + wheel.slots; minute += 1) await run(minute, { wheel });

    expect(refreshed).toHaveLength(new Set(refreshed).size);
    expect(new Set(refreshed).size).toBeGreaterThanOrEqual(8);
  });

  test('an index of several pages is read to its end', async () => {
    await sessionsInSlot(3, 9);
    let pages = 0;
    const paged = interceptedBy(database.documents, async (command, pass) => {
      if (!(command instanceof QueryCommand)) return pass();
      pages += 1;
      return pass(new QueryCommand({ ...command.input, Limit: 2 }));
    });

    expect(await run(slot3(0), { keysIn: keysOfMember(paged) })).toMatchObject({ refreshed: 9 });

    expect(pages).toBeGreaterThan(4);
  });
});
