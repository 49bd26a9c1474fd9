import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MetricValues } from '../../lib/platform/metrics.ts';
import { answering } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { timeFor, type WheelWorld, wheelWorld } from '../support/refresh/refresh-world.ts';
import { interceptedBy } from '../support/sessions/intercepted.ts';

/* The wheel's run, against the real engine: what it does about time, load and failure. */

let database: Awaited<ReturnType<typeof startDynamo>>;
let world: WheelWorld;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());
beforeEach(async () => {
  world = await wheelWorld(database.documents);
});

describe('time', () => {
  test('a slot that is too full for its minute counts the rest, and its next run resumes there until all are refreshed', async () => {
    await world.sessionsInSlot(3, 10);
    const runOf = (turn: number) => world.run(world.slot3(turn), { aimHarder: world.slowly }, timeFor(4));
    const measured: MetricValues[] = [];

    const first = await world.run(
      world.slot3(0),
      { aimHarder: world.slowly, measure: (one) => measured.push(one) },
      timeFor(4),
    );
    await world.minutesBetween(world.slot3(0), world.slot3(1));

    expect(first).toMatchObject({ refreshed: 4, notStarted: 6 });
    expect(measured).toMatchObject([{ SessionsRefreshed: 4, SessionsLeft: 6 }]);
    expect(await runOf(1)).toMatchObject({ refreshed: 4, notStarted: 6 });
    await world.minutesBetween(world.slot3(1), world.slot3(2));
    expect(await runOf(2)).toMatchObject({ refreshed: 4, notStarted: 6 });
    expect(world.refreshed).toHaveLength(12);
    expect(new Set(world.refreshed).size).toBe(10);
  });

  test('a slot run goes round once: first the sessions that were left, last those already refreshed', async () => {
    await world.sessionsInSlot(3, 6);
    await world.run(world.slot3(0), { aimHarder: world.slowly }, timeFor(2));
    const [one, two] = world.refreshed.splice(0);
    await world.minutesBetween(world.slot3(0), world.slot3(1));

    expect(await world.run(world.slot3(1))).toMatchObject({ refreshed: 6, notStarted: 0 });

    expect(world.refreshed.slice(-2)).toEqual([one, two]);
    expect(new Set(world.refreshed).size).toBe(6);
  });

  test('a slot run goes once round even if the session at the resume point is gone', async () => {
    await world.sessionsInSlot(3, 6);
    await world.run(world.slot3(0), { aimHarder: world.slowly }, timeFor(2));
    await world.sessions.deleteSession(world.email, { fingerprint: world.refreshed[1] ?? '' });
    world.refreshed.splice(0);
    await world.minutesBetween(world.slot3(0), world.slot3(1));

    expect(await world.run(world.slot3(1))).toMatchObject({ refreshed: 5, notStarted: 0 });
  });

  test('missed minutes without time left are not claimed, and the next run handles them', async () => {
    await world.sessionsInSlot(3, 2);
    await world.sessionsInSlot(4, 2);

    expect(await world.run(world.slot3(0) + 1, { aimHarder: world.slowly }, timeFor(2))).toMatchObject({
      refreshed: 2,
      notStarted: 0,
    });
    expect(world.lines.at(-1)).toMatchObject(['info', { notStarted: 0, minutesNotStarted: 1 }]);
    expect(await world.run(world.slot3(0) + 2)).toMatchObject({ refreshed: 2 });

    expect(new Set(world.refreshed).size).toBe(4);
  });

  test('a run without any time claims no minute', async () => {
    await world.sessionsInSlot(3, 2);

    expect(await world.run(world.slot3(0), {}, -1)).toMatchObject({ refreshed: 0, notStarted: 0 });
    expect(world.lines.at(-1)).toMatchObject(['info', { notStarted: 0, minutesNotStarted: 1 }]);
    expect(await world.run(world.slot3(0))).toMatchObject({ refreshed: 2 });
  });
});

describe('runs', () => {
  test('the minute of a run that died is taken over by a later run, once', async () => {
    await world.sessionsInSlot(3, 2);
    await world.claim(world.slot3(0));

    expect(await world.run(world.slot3(0) + 1)).toMatchObject({ refreshed: 0 });
    expect(await world.run(world.slot3(0) + 2)).toMatchObject({ refreshed: 0 });
    const both = await Promise.all([world.run(world.slot3(0) + 3), world.run(world.slot3(0) + 3)]);
    expect(both.map((counts) => counts.refreshed).toSorted()).toEqual([0, 2]);
    expect(await world.run(world.slot3(0) + 4)).toMatchObject({ refreshed: 0 });
  });

  test('two runs for one minute refresh each session once', async () => {
    await world.sessionsInSlot(3, 4);

    const both = await Promise.all([world.run(world.slot3(0)), world.run(world.slot3(0))]);

    expect(both.map(({ refreshed: count }) => count).toSorted()).toEqual([0, 4]);
  });

  test('a run that cannot read the index finishes its refreshes, reports them and fails; a later run takes its minute over', async () => {
    await world.sessionsInSlot(3, 3);
    const measured: MetricValues[] = [];
    const answered = Promise.withResolvers<void>();
    const keysIn = world.deps().keysIn;
    const failing = world.run(world.slot3(0), {
      concurrency: 3,
      measure: (one) => measured.push(one),
      aimHarder: answering({
        async updateToken(session) {
          await answered.promise;
          return world.renewed(session);
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

    expect(world.refreshed).toHaveLength(2);
    expect(measured).toMatchObject([{ SessionsRefreshed: 2 }]);
    expect(await world.run(world.slot3(0) + 3)).toMatchObject({ refreshed: 3 });
  });

  test('an unexpected error with one session is counted, and affects no other', async () => {
    await world.sessionsInSlot(3, 3);
    let asked = 0;

    const counts = await world.run(world.slot3(0), {
      aimHarder: answering({
        async updateToken(session) {
          asked += 1;
          if (asked === 2) throw new Error('a bug');
          return world.renewed(session);
        },
      }),
    });

    expect(counts).toMatchObject({ refreshed: 2, failed: 1 });
  });
});

describe('load', () => {
  test('no more sessions are refreshed at the same time than the concurrency allows', async () => {
    await world.sessionsInSlot(3, 12);
    let [open, most] = [0, 0];

    const counts = await world.run(world.slot3(0), {
      concurrency: 4,
      aimHarder: answering({
        async updateToken(session) {
          open += 1;
          most = Math.max(most, open);
          await new Promise((resolve) => setTimeout(resolve, 20));
          open -= 1;
          return world.renewed(session);
        },
      }),
    });

    expect(counts).toMatchObject({ refreshed: 12 });
    expect(most).toBe(4);
  });

  test('the first refreshes are spread over 0.4 s, and the others follow the answers', async () => {
    await world.sessionsInSlot(3, 20);
    const begun = world.clock.monotonic();
    const waits: number[] = [];
    const spread = { ...world.clock, until: async (tick: number) => void waits.push(tick - begun) };

    await world.run(world.slot3(0), { clock: spread, concurrency: 10 });

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
  ])('with %s than before, every session is refreshed', async (_name, wheel) => {
    for (const slot of [0, 3, 5, 7]) await world.sessionsInSlot(slot, 2);
    const start = world.slot3(0);

    for (let minute = start; minute < start + wheel.slots; minute += 1) await world.run(minute, { wheel });

    expect(world.refreshed).toHaveLength(new Set(world.refreshed).size);
    expect(new Set(world.refreshed).size).toBeGreaterThanOrEqual(8);
  });

  test('an index of several pages is read to its end', async () => {
    await world.sessionsInSlot(3, 9);
    let pages = 0;
    const paged = interceptedBy(database.documents, async (command, pass) => {
      if (!(command instanceof QueryCommand)) return pass();
      pages += 1;
      return pass(new QueryCommand({ ...command.input, Limit: 2 }));
    });

    expect(await world.run(world.slot3(0), { keysIn: world.keysOfMember(paged) })).toMatchObject({ refreshed: 9 });

    expect(pages).toBeGreaterThan(4);
  });
});
