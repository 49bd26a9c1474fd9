import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { startFiring } from '../support/firing/firing.ts';
import { Pipeline, type PipelineFaults } from '../support/firing/pipeline.ts';
import { shareOf } from '../support/share.ts';

const unhurried = new AbortController().signal;

let world: Awaited<ReturnType<typeof startFiring>>;
beforeEach(async () => {
  world = await startFiring();
});
afterEach(() => world.stop());

/** How far ahead the classes of these tests open, in milliseconds: some time before their wake-up. */
const AHEAD = 150 * SECOND;

/** Orders a class, and runs it from its wake-up to its end. */
async function run(faults: PipelineFaults = {}, meanwhile?: (pending: Pending) => Promise<void>) {
  const pending = await world.order(AHEAD);
  const pipeline = new Pipeline(world, faults);
  await pipeline.run([pending], meanwhile && (() => meanwhile(pending)));
  return {
    stored: await world.stored(pending),
    arrivals: world.arrivals(pending),
    reservations: world.simulator.reservations(pending.classId ?? '').length,
    firings: pipeline.firings,
  };
}

const BOOKED = { status: 'booked', result: { outcome: 'booked' } } as const;

test('a prepared pre-booking is fired by one shot at its opening', async () => {
  const { stored, arrivals, reservations, firings } = await run();

  expect(stored).toMatchObject(BOOKED);
  expect(arrivals).toHaveLength(1);
  expect(arrivals[0]).toBeGreaterThanOrEqual(0);
  expect(arrivals[0]).toBeLessThan(100);
  expect(reservations).toBe(1);
  expect(firings).toEqual([1]);
});

describe('exactly one booking, within a second of the opening, if', () => {
  const FAULTS: Readonly<Record<string, PipelineFaults>> = {
    'the wake-up is 59 s late': { wokenLateMs: 59 * SECOND },
    'every message comes twice': { twice: true },
    'the messages are 10 s late': { lateMs: 10 * SECOND },
    'the message that starts the firing is lost': { lost: ['fire'] },
    'the guards are lost': { lost: ['guard', 'last-guard'] },
    'SQS refuses the messages': { queueRefuses: true },
    'SQS refuses the messages of a late wake-up': { queueRefuses: true, wokenLateMs: 59 * SECOND },
    'Lambda refuses the first starts': { refusedStarts: 3 },
  };
  test.for(Object.entries(FAULTS))('%s', async ([, faults]) => {
    const { stored, arrivals, reservations } = await run(faults);

    expect(stored).toMatchObject(BOOKED);
    expect(Math.max(...arrivals)).toBeLessThan(SECOND);
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(0);
    expect(reservations).toBe(1);
  });
});

describe('a firing that is killed', () => {
  const PHASES = Array.from({ length: 12 }, (_, phase) => phase * 5 * SECOND);

  const CELLS = [45, 35, 25, 15, 9].flatMap((seconds) => PHASES.map((sweptAfter) => ({ seconds, sweptAfter })));

  test.for(shareOf(CELLS))(
    '$seconds s before the opening books within a second of it, if the sweep comes $sweptAfter ms after the minute',
    async ({ seconds, sweptAfter }) => {
      const { stored, arrivals, reservations } = await run({ killedBefore: seconds * SECOND, sweptAfter });

      expect(stored).toMatchObject(BOOKED);
      expect(Math.max(...arrivals)).toBeLessThan(SECOND);
      expect(reservations).toBe(1);
    },
  );

  test.for(shareOf(PHASES))(
    '2 s before the opening books within 5 s of it, once, if the sweep comes %i ms after the minute',
    async (sweptAfter) => {
      const { stored, arrivals, reservations } = await run({ killedBefore: 2 * SECOND, sweptAfter });

      expect(stored).toMatchObject({ status: 'booked' });
      expect(Math.max(...arrivals)).toBeLessThan(5 * SECOND);
      expect(reservations).toBe(1);
    },
  );
});

describe('between the preparation and the firing', () => {
  /** Waits until the pre-booking is prepared, and its firing is still to begin. */
  const prepared = ({ opensAt }: Pending) => world.clock.until(opensAt - 40 * SECOND, unhurried);

  test('a member who cancels gets no place', async () => {
    const { stored, arrivals } = await run({}, async (pending) => {
      await prepared(pending);
      await world.prebookings.cancel(pending, 'member', world.clock.now());
    });

    expect(stored).toMatchObject({ status: 'cancelled' });
    expect(arrivals).toEqual([]);
  });

  test('a session whose token changes is used with its new token', async () => {
    const { stored, reservations } = await run({}, async (pending) => {
      await prepared(pending);
      const session = await world.deps.sessions.getBackgroundSession(pending.email);
      if (session) await world.deps.refresher.refresh(session, unhurried);
    });

    expect(stored).toMatchObject(BOOKED);
    expect(reservations).toBe(1);
  });

  test('a class that gets another slot id is booked under the new one', async () => {
    const pending = await world.order(AHEAD);
    const pipeline = new Pipeline(world);
    let replacement = '';
    await pipeline.run([pending], async () => {
      await prepared(pending);
      replacement = world.simulator.doubleClass(pending.classId ?? '').classId;
      world.simulator.changeClass(pending.classId ?? '', { cancelled: true });
    });

    const stored = await world.stored(pending);
    expect(stored).toMatchObject({ ...BOOKED, classId: replacement });
    const places = [pending.classId ?? '', replacement].map((id) => world.simulator.reservations(id).length);
    expect(places).toEqual([0, 1]);
  });
});

test('firings of one box and one opening share a process, and one that finds nothing to do stops no other', async () => {
  const hours = ['06:00', '08:00', '10:00', '12:00', '14:00', '16:00', '18:00', '20:00', '22:00'];
  const ordered: Pending[] = [];
  const opening = new Date(world.clock.now() + AHEAD);
  for (const time of hours) ordered.push(await world.order(opening, { time }));
  const [first] = ordered;
  const pipeline = new Pipeline(world);

  await pipeline.run(ordered, async () => {
    await world.clock.until(opening.getTime() - 40 * SECOND, unhurried);
    if (first) await world.prebookings.cancel(first, 'member', world.clock.now());
  });

  expect(pipeline.firings).toEqual([8, 1]);
  const stored = await Promise.all(ordered.map((pending) => world.stored(pending)));
  expect(stored.map((one) => one?.status)).toEqual(['cancelled', ...hours.slice(1).map(() => 'booked')]);
});

test('a firing whose shot is answered slowly keeps its lease, so that the guard starts no other', async () => {
  await world.stop();
  world = await startFiring({ answerMs: { min: 6_000, max: 6_000 } });

  const { stored, firings, reservations } = await run();

  expect(stored).toMatchObject(BOOKED);
  expect(firings).toEqual([1]);
  expect(reservations).toBe(1);
});
