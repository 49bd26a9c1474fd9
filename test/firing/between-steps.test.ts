import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { NEXT_MINUTE, startFiring } from '../support/firing/firing.ts';
import { Pipeline, type PipelineFaults } from '../support/firing/pipeline.ts';

/* What happens between the preparation of a pre-booking and its firing. */

const unhurried = new AbortController().signal;

let world: Awaited<ReturnType<typeof startFiring>>;
beforeEach(async () => {
  world = await startFiring({ rule: { unit: 'hours', amount: 48 } });
});
afterEach(() => world.stop());

/** The class starts 48 hours after its opening at 18:33 UTC, at 19:33 in Madrid. */
const OPENS = new Date(NEXT_MINUTE.getTime() + 3 * MINUTE);
const WANTED = { day: '2026-03-22', time: '19:33' };
const ORDERED = { openingRule: { hoursBefore: 48 }, classStartsAt: OPENS.getTime() + 48 * HOUR };

/** Runs an order from its wake-up to its end. Something happens when it is prepared, and its firing is still to begin. */
async function run(between: (pending: Pending) => Promise<void>, faults: PipelineFaults = {}) {
  const pending = await world.order(OPENS, WANTED, ORDERED);
  const pipeline = new Pipeline(world, faults);
  await pipeline.run([pending], async () => {
    await world.clock.until(pending.opensAt - 40 * SECOND, unhurried);
    expect(await world.stored(pending)).toHaveProperty('prepared');
    await between(pending);
  });
  return {
    stored: await world.stored(pending),
    arrivals: world.arrivals(pending),
    reservations: world.simulator.reservations(pending.classId ?? '').length,
  };
}

describe('our clock is set', () => {
  test.for([-1_500, 1_500])('by %d ms: the shot is as exact as ever', async (millis) => {
    const { stored, arrivals, reservations } = await run(async () => world.clock.step(millis));

    expect(stored).toMatchObject({ status: 'booked' });
    expect(arrivals).toHaveLength(1);
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(arrivals[0]).toBeLessThan(100);
    expect(reservations).toBe(1);
  });

  test.for([-20 * SECOND, 20 * SECOND])('by %d ms: the class is booked once all the same', async (millis) => {
    const { stored, reservations } = await run(async () => world.clock.step(millis));

    expect(stored).toMatchObject({ status: 'booked' });
    expect(reservations).toBe(1);
  });
});

describe('the class moves', () => {
  const move = async ({ classId }: Pending, time: string): Promise<void> => {
    world.simulator.changeClass(classId ?? '', { time });
  };

  test.for(['19:32', '19:28'])(
    'to %s, and so opens earlier: it is booked at its old opening at the latest',
    async (time) => {
      const { stored, reservations } = await run((pending) => move(pending, time));

      expect(stored).toMatchObject({ status: 'booked' });
      expect(reservations).toBe(1);
    },
  );

  test.for(['19:34', '19:38', '19:50'])('to %s, and so opens later: it is booked at its new opening', async (time) => {
    const { stored, arrivals, reservations } = await run((pending) => move(pending, time), { sweptAfter: 10 * SECOND });

    expect(stored).toMatchObject({ status: 'booked' });
    expect(arrivals.at(-1)).toBeGreaterThanOrEqual(0);
    expect(arrivals.at(-1)).toBeLessThan(SECOND);
    expect(reservations).toBe(1);
  });

  test('to a minute later, and the firing dies 9 s before its new opening: another one books', async () => {
    const { stored, arrivals, reservations } = await run((pending) => move(pending, '19:34'), {
      killedBefore: -51 * SECOND,
    });

    expect(stored).toMatchObject({ status: 'booked' });
    expect(arrivals.at(-1)).toBeLessThan(SECOND);
    expect(reservations).toBe(1);
  });
});

test('the session is replaced: the shot leaves with the new one', async () => {
  const { stored, arrivals, reservations } = await run(async () => {
    world.simulator.endSession({});
    await world.logIn();
  });

  expect(stored).toMatchObject({ status: 'booked' });
  expect(arrivals).toHaveLength(1);
  expect(reservations).toBe(1);
});

test('the secrets cannot be had while the pre-booking is prepared: its firing claims it all the same', async () => {
  const { tokens } = world.deps;
  let isFirst = true;
  const decrypt: typeof tokens.decrypt = async (session) => {
    const hangs = isFirst;
    isFirst = false;
    if (hangs) await world.clock.until(world.clock.monotonic() + 3 * MINUTE, unhurried);
    return tokens.decrypt(session);
  };
  const pending = await world.order(OPENS, WANTED, ORDERED);
  const deps = { ...world.deps, tokens: Object.assign(Object.create(tokens), { decrypt }) };

  await new Pipeline({ ...world, deps }).run([pending]);

  expect(await world.stored(pending)).toMatchObject({ status: 'booked', result: { shots: 1 } });
  expect(world.arrivals(pending)[0]).toBeLessThan(100);
});

test('the session cannot be read once while the pre-booking is prepared: it is read again, and proven', async () => {
  const { sessions } = world.deps;
  let isFirst = true;
  const read: typeof sessions.getBackgroundSession = async (email) => {
    const fails = isFirst;
    isFirst = false;
    if (fails) throw new Error('The database fails.');
    return sessions.getBackgroundSession(email);
  };
  const failing = new Proxy(sessions, {
    get(target, name) {
      if (name === 'getBackgroundSession') return read;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const pending = await world.order(OPENS, WANTED, ORDERED);

  await new Pipeline({ ...world, deps: { ...world.deps, sessions: failing } }).run([pending], async () => {
    await world.clock.until(pending.opensAt - 40 * SECOND, unhurried);
    expect(await world.stored(pending)).toMatchObject({ prepared: { isSessionProven: true } });
  });

  expect(await world.stored(pending)).toMatchObject({ status: 'booked' });
});
