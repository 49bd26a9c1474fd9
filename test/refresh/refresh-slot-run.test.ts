import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answering } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { timeFor, type WheelWorld, wheelWorld } from '../support/refresh/refresh-world.ts';

/* A slot run that resumes where the last one ran out of time, whatever has become of the sessions there. */

let database: Awaited<ReturnType<typeof startDynamo>>;
let world: WheelWorld;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());
beforeEach(async () => {
  world = await wheelWorld(database.documents);
});

describe('a slot run that resumes', () => {
  /** A run of six sessions that resumes behind the second. `goneAtFirst` are deleted before it, the others while it runs. */
  async function runSlot(
    goneAtFirst: readonly number[],
    goneMeanwhile: readonly number[],
    keysIn = world.deps().keysIn,
  ) {
    await world.sessionsInSlot(3, 6);
    const keys = await world.keysIn(3);
    const nth = (index: number) => keys[index]?.fingerprint ?? '';
    const resumeAt = { partition: 3, after: { email: world.email, fingerprint: nth(1) } };
    await world.finish({ minute: world.slot3(0) - 8, part: { first: 0, last: 15 }, id: 'earlier' }, resumeAt);
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

  test('stops at its resume point, and reads no further', async () => {
    let read = 0;
    const { keysIn } = world.deps();
    async function* counted(...place: Parameters<typeof keysIn>) {
      for await (const key of keysIn(...place)) {
        read += 1;
        yield key;
      }
    }

    expect(await runSlot([], [], counted)).toEqual([2, 3, 4, 5, 0, 1]);
    expect(read).toBe(6);
  });

  test('stops there even if its first session was deleted meanwhile', async () => {
    expect(await runSlot([], [2])).toEqual([2, 3, 4, 5, 0, 1]);
  });

  test('stops there even if the session at its resume point and its first session were deleted', async () => {
    expect(await runSlot([1], [2])).toEqual([2, 3, 4, 5, 0]);
  });

  test('refreshes no session twice even if all sessions of its first lap are deleted meanwhile', async () => {
    expect(await runSlot([1], [2, 3, 4, 5])).toEqual([2, 3, 4, 5, 0]);
  });

  test('counts each session once if it runs out of time', async () => {
    await world.sessionsInSlot(3, 6);
    await world.run(world.slot3(0), { aimHarder: world.slowly }, timeFor(2));
    await world.minutesBetween(world.slot3(0), world.slot3(1));

    expect(await world.run(world.slot3(1), { aimHarder: world.slowly }, timeFor(3))).toMatchObject({
      refreshed: 3,
      notStarted: 3,
    });
  });
});
