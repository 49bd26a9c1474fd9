import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import type { RefreshDueSessionsDeps } from '../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../lib/refresh/wheel-cursor.ts';
import { answering } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { type WheelWorld, wheelWorld } from '../support/refresh/refresh-world.ts';

/* What runs leave to each other: minutes that were missed, begun and not finished, or claimed by mistake. */

let database: Awaited<ReturnType<typeof startDynamo>>;
let world: WheelWorld;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());
beforeEach(async () => {
  world = await wheelWorld(database.documents);
});

/** An AimHarder that lets the answer to the `which`th session wait until the test says so. */
function halting(which: number) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let asked = 0;
  const aimHarder = answering({
    async updateToken(session) {
      asked += 1;
      if (asked === which) {
        reached.resolve();
        await goOn.promise;
      }
      return world.renewed(session);
    },
  });
  return { aimHarder, reached: reached.promise, goOn: goOn.resolve };
}

const unfinished = async () => (await world.deps().cursor.read()).open.map(({ minute }) => minute).toSorted();

/** An index with one slot that cannot be read. */
function withoutSlot(slot: number): RefreshDueSessionsDeps['keysIn'] {
  const { keysIn } = world.deps();
  return async function* keys(partition, after) {
    if (partition % 8 === slot) throw new Error('the index cannot be read');
    yield* keysIn(partition, after);
  };
}

describe('a minute', () => {
  test('is finished when its last session is done, while a later minute still runs', async () => {
    for (const slot of [3, 4]) await world.sessionsInSlot(slot, 2);
    const { aimHarder, reached, goOn } = halting(4);
    const running = world.run(world.slot3(0) + 1, { aimHarder });
    await reached;

    await expect.poll(unfinished).toEqual([world.slot3(0) + 1]);

    goOn();
    await running;
    expect(await unfinished()).toEqual([]);
  });

  test('is not finished while one of its sessions is being refreshed, although later minutes are', async () => {
    for (const slot of [3, 4]) await world.sessionsInSlot(slot, 2);
    const { aimHarder, reached, goOn } = halting(1);
    const running = world.run(world.slot3(0) + 1, { aimHarder, concurrency: 2 });
    await reached;

    await expect.poll(() => world.refreshed.length).toBe(3);
    await expect.poll(unfinished).toEqual([world.slot3(0)]);

    goOn();
    await running;
    expect(await unfinished()).toEqual([]);
  });

  test('is finished even if a later minute fails, and only the later one is taken over', async () => {
    for (const slot of [3, 4]) await world.sessionsInSlot(slot, 2);

    await expect(world.run(world.slot3(0) + 1, { keysIn: withoutSlot(4) })).rejects.toThrow('the index cannot be read');
    expect(await unfinished()).toEqual([world.slot3(0) + 1]);

    await world.minutesBetween(world.slot3(0) + 1, world.slot3(0) + 6);
    expect(world.refreshed).toHaveLength(4);
    expect(new Set(world.refreshed).size).toBe(4);
  });

  test('is finished with its resume point if the run has no time left', async () => {
    await world.sessionsInSlot(3, 4);
    const { aimHarder, reached, goOn } = halting(2);
    const running = world.run(world.slot3(0), { aimHarder, concurrency: 2 }, 0.5 * SECOND);
    await reached;
    world.clock.advance(SECOND);
    goOn();

    expect(await running).toMatchObject({ refreshed: 2, notStarted: 2 });
    expect((await world.deps().cursor.read()).resumePointIn([3])).toMatchObject({ partition: 3 });
    expect(await unfinished()).toEqual([]);
  });

  test('that cannot be finished makes the run fail, after the other sessions were refreshed', async () => {
    for (const slot of [3, 4]) await world.sessionsInSlot(slot, 2);
    let finished = 0;
    class FailingOnce extends WheelCursor {
      override async finish(...minute: Parameters<WheelCursor['finish']>) {
        finished += 1;
        if (finished === 1) throw new Error('the table takes nothing');
        return super.finish(...minute);
      }
    }
    const failing = new FailingOnce({ documents: database.documents, table: 'sessions' });

    await expect(world.run(world.slot3(0) + 1, { cursor: failing })).rejects.toThrow('the table takes nothing');

    expect(world.refreshed).toHaveLength(4);
    expect(await unfinished()).toEqual([world.slot3(0)]);
  });
});

describe('after an outage', () => {
  test('concurrent runs do not repeat the minutes of the run that makes up missed ones', async () => {
    // Slots 3 and 4 come again in the next two minutes: they are empty here.
    for (const slot of [5, 6, 7, 0, 1, 2]) await world.sessionsInSlot(slot, 2);
    const now = world.slot3(2) - 1;
    const { aimHarder, reached, goOn } = halting(5);
    const makesUp = world.run(now, { aimHarder });
    await reached;

    for (const later of [1, 2]) await world.run(now + later);
    goOn();
    await makesUp;

    expect(world.refreshed).toHaveLength(12);
    expect(new Set(world.refreshed).size).toBe(12);
    expect(await unfinished()).toEqual([]);
  });

  test('if a run dies while it makes up an old minute, the minute is taken over three minutes later', async () => {
    await world.sessionsInSlot(7, 2);
    const past = world.slot3(0) + 4;
    const now = past + 3;
    await world.claim(past, now * MINUTE);
    await world.finish(await world.claim(now, now * MINUTE));

    for (const later of [1, 2]) expect(await world.run(now + later)).toMatchObject({ refreshed: 0 });
    expect(await world.run(now + 3)).toMatchObject({ refreshed: 2 });
    expect(await world.run(now + 4)).toMatchObject({ refreshed: 0 });
  });

  test('a claim that was not finished within a round of the wheel is forgotten', async () => {
    await world.claim(world.slot3(0));
    await world.finish(await world.claim(world.slot3(0) + 8));

    await world.run(world.slot3(0) + 9);

    expect(await unfinished()).toEqual([]);
  });
});

describe('the cursor', () => {
  test('that is far ahead of the clock is set back once: every slot is refreshed, and a warning is logged', async () => {
    for (let slot = 0; slot < 8; slot += 1) await world.sessionsInSlot(slot, 1);
    const now = world.slot3(0);
    const ahead = now + 60 * 24 * 365;
    await world.claim(ahead);

    const both = await Promise.all([world.run(now), world.run(now)]);

    expect(both.map(({ refreshed }) => refreshed).reduce((sum, count) => sum + count)).toBe(8);
    expect(new Set(world.refreshed).size).toBe(8);
    expect(world.lines).toContainEqual(['warn', expect.objectContaining({ minute: now, cursorWasAheadAt: ahead })]);
    expect(await world.run(now + 1)).toMatchObject({ refreshed: 1 });
    expect(world.lines.at(-1)?.[0]).toBe('info');
    expect(await unfinished()).toEqual([]);
  });

  test('is not set back by a late run', async () => {
    await world.sessionsInSlot(3, 2);
    const now = world.slot3(1);
    await world.run(now);

    expect(await world.run(now - 5)).toMatchObject({ refreshed: 0 });
    expect(await world.deps().cursor.read()).toMatchObject({ handled: now });
  });

  test('that is deleted during a run is created again by the next run', async () => {
    await world.sessionsInSlot(3, 2);
    const { aimHarder, reached, goOn } = halting(1);
    const running = world.run(world.slot3(0), { aimHarder });
    await reached;
    await database.documents.send(
      new DeleteCommand({ TableName: 'sessions', Key: { email: '#refresh', fingerprint: 'cursor' } }),
    );
    goOn();

    expect(await running).toMatchObject({ refreshed: 2 });
    expect(await world.run(world.slot3(1))).toMatchObject({ refreshed: 2 });
  });
});
