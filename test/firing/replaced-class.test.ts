import { expect, test } from 'vitest';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { NEXT_MINUTE, startFiring } from '../support/firing/firing.ts';

/* Another row takes the place of the class just before its opening, so that shots go to both. */

type World = Awaited<ReturnType<typeof startFiring>>;
type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

const unhurried = new AbortController().signal;
const UNKNOWN = { kind: 'answer', body: '{"bookState":-99}' } as const;

async function firing({ onTestFinished }: Finishing, options: SimulatorOptions = {}) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  return world;
}

/**
 * Fires a class whose box replaces it once the firing no longer looks.
 *
 * @param andThen plans what AimHarder does then, by the ids of both rows.
 * @returns the result, and how late the shots at each row arrived, in milliseconds.
 */
async function fireReplaced(
  { fire, simulator, clock }: World,
  andThen: (original: string, replacement: string) => unknown = () => undefined,
) {
  let replacement = '';
  const { result, prebooking } = await fire(NEXT_MINUTE, {
    async meanwhile({ classId, opensAt }: Pending) {
      await clock.until(clock.monotonic() + opensAt - clock.now() - 3 * SECOND, unhurried);
      const original = classId ?? '';
      simulator.changeClass(original, { cancelled: true });
      replacement = simulator.doubleClass(original).classId;
      await andThen(original, replacement);
    },
  });
  const shots = simulator.record.bookings.map(({ classId, lateness }) => ({
    again: classId === replacement,
    lateness,
  }));
  const [again, first] = [true, false].map((at) => shots.filter((shot) => shot.again === at));
  return {
    result,
    prebooking,
    first: (first ?? []).map(({ lateness }) => lateness),
    again: (again ?? []).map(({ lateness }) => lateness),
  };
}

test('the other row is tried at once, and again at the opening by our own clock', async (context) => {
  const world = await firing(context, { dateAheadMs: 2 * SECOND });

  const { result, first, again } = await fireReplaced(world, (classId) =>
    world.simulator.failNext('/api/book', { kind: 'too-early' }, 1, { classId }),
  );

  expect(result).toMatchObject({ outcome: 'booked', shots: 3 });
  expect(first).toHaveLength(1);
  expect(first[0]).toBeLessThan(-SECOND);
  expect(again).toHaveLength(2);
  // By AimHarder's `Date` the opening is over: the refusal may have been about the first row alone.
  expect(again[0]).toBeLessThan(0);
  expect(again[1]).toBeGreaterThanOrEqual(0);
  expect(again[1]).toBeLessThan(150);
});

test('shots after lost answers count at both rows together', async (context) => {
  const world = await firing(context);

  const { result, first, again } = await fireReplaced(world, (original, replacement) => {
    world.simulator.failNext('/api/book', { kind: 'reset' }, 2, { classId: original });
    world.simulator.failNext('/api/book', UNKNOWN, 1, { classId: original });
    world.simulator.failNext('/api/book', { kind: 'reset' }, 9, { classId: replacement });
  });

  expect({ first: first.length, again: again.length }).toEqual({ first: 3, again: 1 });
  expect(result).toMatchObject({ outcome: 'upstream-unreachable', shots: 4 });
});

test('the session is replaced once for the shots at both rows', async (context) => {
  const world = await firing(context);

  const { result, first, again } = await fireReplaced(world, (original, replacement) => {
    world.simulator.failNext('/api/book', { kind: 'logout' }, 1, { classId: original });
    world.simulator.failNext('/api/book', { kind: 'logout' }, 1, { classId: replacement });
  });

  expect(first.length).toBeGreaterThanOrEqual(2);
  expect(again).toHaveLength(1);
  expect(result).toMatchObject({ outcome: 'login-required', shots: first.length + 1 });
});

test('a place at the other row may come from an unclear answer at the first', async (context) => {
  const world = await firing(context, { timetableLagMs: 2_500 });
  const { deps, clock, simulator } = world;

  const { result, again } = await fireReplaced(world, async (_original, classId) => {
    const session = await deps.sessions.getBackgroundSession('ada@example.com');
    if (!session) throw new Error('There is no session.');
    await clock.until(clock.monotonic() + NEXT_MINUTE.getTime() - clock.now() + 10, unhurried);
    const { day, box } = simulator.changeClass(classId, {});
    await deps.aimHarder.book(await deps.tokens.decrypt(session), { box, day, classId }, unhurried);
  });

  expect(again.length).toBeGreaterThanOrEqual(2);
  expect(result).toMatchObject({ outcome: 'booked' });
});
