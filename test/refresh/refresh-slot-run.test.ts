import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answering } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { timeFor, type WheelWorld, wheelWorld } from '../support/refresh/refresh-world.ts';

/* A slot's turn that goes on where the last one was left, whatever has become of the sessions there. */

let database: Awaited<ReturnType<typeof startDynamo>>;
let world: WheelWorld;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());
beforeEach(async () => {
  world = await wheelWorld(database.documents);
});

describe('a turn that begins in the midst', () => {
  /** The turn of six sessions that begins behind the second; `goneAtFirst` are deleted before it, the others as they are asked. */
  async function turn(goneAtFirst: readonly number[], goneMeanwhile: readonly number[], keysIn = world.deps().keysIn) {
    await world.sessionsInSlot(3, 6);
    const keys = await world.keysIn(3);
    const nth = (index: number) => keys[index]?.fingerprint ?? '';
    await world.deps().cursor.finish(world.slot3(0) - 8, 3, {
      partition: 3,
      after: { email: world.email, fingerprint: nth(1) },
    });
    for (const index of goneAtFirst) await world.sessions.deleteSession(world.email, { fingerprint: nth(index) });
    await world.run(world.slot3(0), {
      keysIn,
      aimHarder: answering({
        async updateToken(session) {
          const renewal = await world.renewed(session);
          const isGone = goneMeanwhile.some((index) => nth(index) === session.fingerprint);
          return isGone ? { kind: 'logged-out' } : renewal;
        },
      }),
    });
    return world.refreshed.map((fingerprint) => keys.findIndex((key) => key.fingerprint === fingerprint));
  }

  test('stops where it began, and reads no further', async () => {
    let read = 0;
    const { keysIn } = world.deps();
    async function* counted(...place: Parameters<typeof keysIn>) {
      for await (const key of keysIn(...place)) {
        read += 1;
        yield key;
      }
    }

    expect(await turn([], [], counted)).toEqual([2, 3, 4, 5, 0, 1]);
    expect(read).toBe(6);
  });

  test('stops there too when its first session has gone meanwhile', async () => {
    expect(await turn([], [2])).toEqual([2, 3, 4, 5, 0, 1]);
  });

  test('stops there too when the session that it begins behind is gone, and its first one goes', async () => {
    expect(await turn([1], [2])).toEqual([2, 3, 4, 5, 0]);
  });

  test('asks for nothing twice when all that it has begun with are gone', async () => {
    expect(await turn([1], [2, 3, 4, 5])).toEqual([2, 3, 4, 5, 0]);
  });

  test('that has no time for all of it counts each session once', async () => {
    await world.sessionsInSlot(3, 6);
    await world.run(world.slot3(0), { aimHarder: world.slowly }, timeFor(2));
    await world.minutesBetween(world.slot3(0), world.slot3(1));

    expect(await world.run(world.slot3(1), { aimHarder: world.slowly }, timeFor(3))).toMatchObject({
      refreshed: 3,
      notStarted: 3,
    });
  });
});
