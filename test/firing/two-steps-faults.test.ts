import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { startFiring } from '../support/firing/firing.ts';
import { Pipeline, type PipelineFaults } from '../support/firing/pipeline.ts';
import { shareOf } from '../support/share.ts';

/* Faults of what starts a firing: Lambda, SQS, the dispatcher, the database. */

let world: Awaited<ReturnType<typeof startFiring>>;
beforeEach(async () => {
  world = await startFiring();
});
afterEach(() => world.stop());

/** How far ahead the classes of these tests open, in milliseconds: some time before their wake-up. */
const AHEAD = 150 * SECOND;

/** How long after a full minute the sweep runs. It cannot be told which phase it has when something dies. */
const PHASES = Array.from({ length: 6 }, (_, phase) => phase * 10 * SECOND);

type Run = {
  readonly faults?: PipelineFaults;
  readonly ahead?: number;
  readonly meanwhile?: (pending: Pending) => Promise<void>;
};

/** Orders a class, and expects that its pre-booking is booked once, within a second of the opening. */
async function expectBooked({ faults = {}, ahead = AHEAD, meanwhile }: Run): Promise<void> {
  const pending = await world.order(ahead);
  const pipeline = new Pipeline(world, faults);
  await pipeline.run([pending], meanwhile && (() => meanwhile(pending)));

  expect(await world.stored(pending)).toMatchObject({ status: 'booked', result: { outcome: 'booked' } });
  const arrivals = world.arrivals(pending);
  expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...arrivals)).toBeLessThan(SECOND);
  expect(world.simulator.reservations(pending.classId ?? '')).toHaveLength(1);
}

describe('booked once, within a second of the opening, if', () => {
  const FAULTS: Readonly<Record<string, PipelineFaults>> = {
    'SQS refuses the messages, and Lambda the first two starts': { queueRefuses: true, refusedStarts: 2 },
    'the message of the start is lost, and Lambda refuses the guard twice': { lost: ['fire'], refusedStarts: 2 },
    'the dispatcher dies before it has started anything': { dispatchersDie: 1 },
    'the firing dies before it has claimed anything': { stillbornFirings: 1 },
    'the firing dies before it has claimed anything, and so does the next one': { stillbornFirings: 2 },
  };
  test.for(Object.entries(FAULTS))('%s', ([, faults]) => expectBooked({ faults }));

  test('the message of the start is lost, and the database fails while the guard looks', () =>
    expectBooked({
      faults: { lost: ['fire'] },
      meanwhile: async ({ opensAt }) => {
        const now = world.clock.monotonic() - world.clock.now();
        world.database.fail({
          ...{ of: 'reads', how: 'fails' },
          ...{ from: now + opensAt - 9 * SECOND, until: now + opensAt - 7 * SECOND },
        });
      },
    }));
});

/** Runs whose end the sweep may change. */
const SWEPT: Readonly<Record<string, Run>> = {
  'SQS hangs as long as the preparation runs': { faults: { queueHangs: true } },
  'a preparation dies that was woken 59 s late, before it has queued anything': {
    faults: { wokenLateMs: 59 * SECOND, queueHangs: true, killedBefore: 60.5 * SECOND },
  },
  'a firing dies 25 s before and its guard is lost': {
    faults: { lost: ['guard', 'last-guard'], killedBefore: 25 * SECOND },
  },
  'the sweep has to start the firing, and Lambda refuses it twice': {
    faults: { lost: ['fire', 'guard', 'last-guard'], refusedStarts: 2 },
  },
  ...Object.fromEntries(
    [25, 15, 9].map((seconds) => [
      `an order comes too late for a preparation, and its firing dies ${seconds} s before`,
      { ahead: 30 * SECOND, faults: { killedBefore: seconds * SECOND } },
    ]),
  ),
};
const CELLS = Object.entries(SWEPT).flatMap(([what, given]) =>
  PHASES.map((sweptAfter) => ({ what, given, sweptAfter })),
);

test.for(shareOf(CELLS))(
  'booked once, within a second of the opening, if $what, and the sweep comes $sweptAfter ms after the minute',
  ({ given, sweptAfter }) => expectBooked({ ...given, faults: { ...given.faults, sweptAfter } }),
);
