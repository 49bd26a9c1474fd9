import { expect, test } from 'vitest';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { NEXT_MINUTE, startFiring } from '../support/firing/firing.ts';

/* AimHarder's `Date` is wrong, while the clock that opens bookings is right. */

type World = Awaited<ReturnType<typeof startFiring>>;
type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

const YEAR = 365 * DAY;
const unhurried = new AbortController().signal;
const path = { inboundMs: 30, outboundMs: 30, jitterMedianMs: 0, jitterSigma: 0 };

async function firing({ onTestFinished }: Finishing, options: SimulatorOptions) {
  const world = await startFiring({ path, ...options });
  onTestFinished(world.stop);
  return world;
}

/** Fires for two openings, a minute apart, and expects that nothing of the box's clock was learned. */
async function fireTwice({ fire, boxes, clock }: World, meanwhile?: (until: number) => Promise<void>) {
  const fired = [];
  for (const opening of [NEXT_MINUTE.getTime(), NEXT_MINUTE.getTime() + MINUTE]) {
    const ends = clock.monotonic() + opening + SECOND - clock.now();
    fired.push(await fire(new Date(opening), { meanwhile: async () => meanwhile?.(ends) }));
    expect((await boxes.get('crossfit-demo')).openingDelay).toBeNull();
  }
  return fired;
}

/** How late a shot may arrive, in milliseconds, where our own clock aims it or a shot is kept for our clock. */
const BY_OURS = 150;

test.for([20 * SECOND, HOUR, YEAR].flatMap((wrong) => [wrong, -wrong]))(
  'Date is %d ms ahead: that is no clock, and ours aims the one shot, at the next opening too',
  async (dateAheadMs, context) => {
    const world = await firing(context, { dateAheadMs });

    for (const { status, result, arrivals } of await fireTwice(world)) {
      expect({ status, shots: result.shots, aimedBy: result.aimedBy }).toEqual({
        ...{ status: 'booked', shots: 1, aimedBy: 'local-clock' },
      });
      expect(arrivals[0]).toBeGreaterThanOrEqual(0);
      expect(arrivals[0]).toBeLessThan(BY_OURS);
    }
  },
);

test.for([
  { min: 0, max: 0 },
  { min: 400, max: 1_700 },
])(
  'Date is 2 s ahead, and AimHarder answers in %o: after a refusal a shot is kept for our own clock, at the next opening too',
  async (answerMs, context) => {
    const world = await firing(context, { dateAheadMs: 2 * SECOND, answerMs });

    for (const { status, arrivals, reservations } of await fireTwice(world)) {
      expect({ status, reservations }).toEqual({ status: 'booked', reservations: 1 });
      expect(arrivals.at(-1)).toBeGreaterThanOrEqual(0);
      expect(arrivals.at(-1)).toBeLessThan(BY_OURS);
      expect(arrivals).toHaveLength(2);
    }
  },
);

test('Date is 2 s behind: it counts as the clock, and the one shot leaves at the opening by it, at the next opening too', async (context) => {
  const world = await firing(context, { dateAheadMs: -2 * SECOND });

  for (const { status, result, arrivals } of await fireTwice(world)) {
    expect({ status, shots: result.shots }).toEqual({ status: 'booked', shots: 1 });
    expect(arrivals[0]).toBeGreaterThanOrEqual(2 * SECOND);
    expect(arrivals[0]).toBeLessThan(2 * SECOND + BY_OURS);
  }
});

test('a Date that is stuck is no clock: ours aims the shot, at the next opening too', async (context) => {
  const world = await firing(context, { date: 'stale' });

  for (const { status, result, arrivals } of await fireTwice(world)) {
    expect({ status, shots: result.shots, aimedBy: result.aimedBy }).toEqual({
      ...{ status: 'booked', shots: 1, aimedBy: 'local-clock' },
    });
    expect(arrivals[0]).toBeLessThan(BY_OURS);
  }
});

/** Lets `Date` jump to the next of the given offsets every 700 ms. */
const jumping =
  ({ simulator, clock }: World, offsets: readonly number[]) =>
  async (until: number) => {
    for (let jump = 0; clock.monotonic() < until; jump += 1) {
      simulator.set({ dateAheadMs: offsets[jump % offsets.length] ?? 0 });
      await clock.until(clock.monotonic() + 0.7 * SECOND, unhurried);
    }
  };

test.for([
  [[0, 20 * SECOND]],
  [[0, -20 * SECOND]],
  [[0, HOUR, -HOUR]],
  [[0, -2 * SECOND]],
  [[YEAR, 0, -YEAR]],
  [[2 * SECOND, -2 * SECOND]],
] as const)('a Date that jumps between %o ms: booked on time, at the next opening too', async ([offsets], context) => {
  const world = await firing(context, {});

  for (const { status, reservations, arrivals } of await fireTwice(world, jumping(world, offsets))) {
    expect({ status, reservations }).toEqual({ status: 'booked', reservations: 1 });
    expect(arrivals.at(-1)).toBeGreaterThanOrEqual(0);
    expect(arrivals.at(-1)).toBeLessThan(BY_OURS);
  }
});

test('a single shot that was taken is told as 0 ms late, not as early, however vague the clock', async (context) => {
  const world = await firing(context, { dateAheadMs: -450, path: { ...path, inboundMs: 0, outboundMs: 0 } });

  const { result, arrivals } = await world.fire(4 * SECOND);

  expect(result).toMatchObject({ outcome: 'booked', shots: 1, aimedBy: 'local-clock', latenessMs: 0 });
  expect(result.latenessBoundMs).toBeGreaterThan(400);
  expect(arrivals).toHaveLength(1);
});
