import { describe, expect, test } from 'vitest';
import type { GymOptions } from '../../infra/local/gym/gym.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { NEXT_MINUTE, startFiring } from '../support/firing.ts';

const unhurried = new AbortController().signal;

type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

async function firing({ onTestFinished }: Finishing, options: GymOptions = {}) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  return world;
}

describe.concurrent('at its opening a pre-booking', () => {
  test.for([2_000, -2_000])(
    'is booked on the dot although our wall clock is set by %d ms during the hold',
    async (by, context) => {
      const { fire, clock } = await firing(context, { skewMs: 300 });
      const stepping = systemClock.until(systemClock.monotonic() + 4_000, unhurried).then(() => clock.step(by));

      const { status, result, arrivals, places } = await fire(5_000);
      await stepping;

      expect({ status, places, shots: result.shots }).toEqual({ status: 'booked', places: 1, shots: 1 });
      expect(arrivals[0]).toBeGreaterThanOrEqual(0);
      expect(result.latenessBoundMs).not.toBeNull();
    },
  );

  test('that is answered only after the patience for an answer is over is found in the timetable', async (context) => {
    const { fire, gym } = await firing(context);
    gym.failNext('/api/book', { kind: 'slow', ms: 8_500 });

    expect(await fire(2_500)).toMatchObject({ status: 'booked', places: 1, result: { shots: 1 } });
  }, 20_000);

  test('of which the wake-up comes 2 s before leaves out the calibration, and shoots in time', async (context) => {
    const { fire } = await firing(context);

    const { status, result, arrivals } = await fire(2_000);

    expect({ status, shots: result.shots, bound: result.latenessBoundMs }).toEqual({
      status: 'booked',
      shots: 1,
      bound: null,
    });
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(arrivals[0]).toBeLessThan(1_000);
  });

  test('that AimHarder calls too early three times in a row is booked by the fourth shot', async (context) => {
    const { fire, gym } = await firing(context);
    gym.failNext('/api/book', { kind: 'too-early' }, 3);

    expect(await fire(2_500)).toMatchObject({ status: 'booked', places: 1, result: { shots: 4 } });
    expect(gym.record.bookings).toHaveLength(4);
  });

  test('with the safe setting is aimed by what is proven alone, about a round trip later', async (context) => {
    const { fire } = await firing(context, {
      path: { inboundMs: 40, outboundMs: 40, jitterMedianMs: 0, jitterSigma: 0 },
    });

    const first = await fire(8_000);
    const safe = await fire(8_000, 'safe');

    expect(first.arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(safe.arrivals[0]).toBeGreaterThanOrEqual(40);
    expect(safe).toMatchObject({ status: 'booked', result: { shots: 1 } });
  }, 30_000);
});

describe.concurrent('a gate that opens later than its clock says', () => {
  test('costs a ladder once: the next shot at that box is aimed at the gate', async (context) => {
    const { fire, boxes } = await firing(context, { gateBiasMs: 400 });

    const first = await fire(NEXT_MINUTE);
    const learned = (await boxes.know('crossfit-demo')).gateBiasMs;
    const next = await fire(7_000);

    expect(first).toMatchObject({ status: 'booked' });
    expect(first.result.shots).toBeGreaterThan(1);
    expect(learned).toBeGreaterThanOrEqual(400);
    expect(next).toMatchObject({ status: 'booked', result: { shots: 1 } });
  }, 40_000);

  test('is not learned from an opening that is not on the minute, which may be the member’s own', async (context) => {
    const { fire, boxes } = await firing(context, { gateBiasMs: 1_500 });

    const { result } = await fire(5_000);

    expect(result.shots).toBeGreaterThan(1);
    expect((await boxes.know('crossfit-demo')).gateBiasMs).toBe(0);
  });
});
