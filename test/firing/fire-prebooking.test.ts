import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { addObservation } from '../../lib/firing/opening-delay.ts';
import { DAY } from '../../lib/platform/clock.ts';
import { NEXT_MINUTE, startFiring } from '../support/firing/firing.ts';

const unhurried = new AbortController().signal;

/** How long after the opening a shot arrives that was aimed by our clock alone, over a path that takes no time; in milliseconds. */
const BY_OUR_CLOCK = 100;
/** The member whose pre-bookings are fired, at the simulator's box. */
const ADA = { email: 'ada@example.com', box: 'crossfit-demo', familyId: null };

type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

async function firing({ onTestFinished }: Finishing, options: SimulatorOptions = {}) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  return world;
}

describe('at its opening, a pre-booking', () => {
  test.for([2_000, -2_000])(
    'is booked on the dot although our wall clock is set by %d ms before the shot',
    async (by, context) => {
      const { fire, clock } = await firing(context, { skewMs: 300 });
      const stepping = clock.until(clock.monotonic() + 4_000, unhurried).then(() => clock.step(by));

      const { status, result, arrivals, reservations } = await fire(5_000);
      await stepping;

      expect({ status, reservations, shots: result.shots }).toEqual({ status: 'booked', reservations: 1, shots: 1 });
      expect(arrivals).toHaveLength(1);
      expect(arrivals[0]).toBeGreaterThanOrEqual(0);
      expect(arrivals[0]).toBeLessThan(100);
      const { latenessMs, latenessBoundMs } = result;
      expect(Math.abs((latenessMs ?? Number.NaN) - Number(arrivals[0]))).toBeLessThanOrEqual(
        latenessBoundMs ?? Number.NaN,
      );
    },
  );

  test('whose answer comes after the time-out is found in the timetable', async (context) => {
    const { fire, simulator } = await firing(context);
    simulator.failNext('/api/book', { kind: 'slow', ms: 8_500 });

    const { arrivals, ...end } = await fire(2_500);
    expect(end).toMatchObject({ status: 'booked', reservations: 1, result: { shots: 1, code: null } });
    expect(arrivals).toEqual([BY_OUR_CLOCK]);
  });

  test('that is woken 2 s early skips calibration and is still shot on time', async (context) => {
    const { fire } = await firing(context);

    const { status, result, arrivals } = await fire(2_000);

    expect({ status, shots: result.shots, bound: result.latenessBoundMs }).toEqual({
      status: 'booked',
      shots: 1,
      bound: null,
    });
    expect(arrivals).toEqual([BY_OUR_CLOCK]);
  });

  test('whose session another caller is refreshing is booked with the newer token', async (context) => {
    const { beginRefresh, fire, simulator } = await firing(context, { oldTokenLifeMs: 0, tokenUpdateCookies: 'all' });
    // AimHarder renews the token at once, but answers late.
    simulator.failNext('/api/tokenUpdate', { kind: 'slow', ms: 1_500 });
    const { refreshed } = await beginRefresh();

    expect(await fire(11_000)).toMatchObject({ status: 'booked', reservations: 1, result: { shots: 1 } });
    expect(await refreshed).toMatchObject({ kind: 'refreshed' });
  });

  test('that AimHarder refuses as too early three times is booked by the fourth shot', async (context) => {
    const { fire, simulator } = await firing(context);
    simulator.failNext('/api/book', { kind: 'too-early' }, 3);

    const { arrivals, ...end } = await fire(2_500);
    expect(end).toMatchObject({ status: 'booked', reservations: 1, result: { shots: 4 } });
    // The pauses before the repetitions are 15, 30 and 60 ms.
    expect(arrivals.map((lateness) => lateness - BY_OUR_CLOCK)).toEqual([0, 15, 45, 105]);
  });

  test('is not early at the server that the load balancer chose, whatever the other server’s clock shows', async (context) => {
    const { fire } = await firing(context, {
      servers: [0, -700],
      path: { inboundMs: 20, outboundMs: 20, jitterMedianMs: 0, jitterSigma: 0 },
    });

    const { status, arrivals, result } = await fire(15_000);

    expect({ status, shots: result.shots }).toEqual({ status: 'booked', shots: 1 });
    expect(result.latenessBoundMs).not.toBeNull();
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    // The clocks of two servers would disagree, and the shot would wait for the slower one.
    expect(arrivals[0]).toBeLessThan(20);
  });

  test('with the safe setting is shot by the proven bounds alone, about a round trip later', async (context) => {
    const { fire } = await firing(context, {
      path: { inboundMs: 40, outboundMs: 40, jitterMedianMs: 0, jitterSigma: 0 },
    });

    const first = await fire(25_000);
    const safe = await fire(25_000, { aimSetting: 'safe' });

    expect(first.arrivals[0]).toBeGreaterThanOrEqual(0);
    expect((safe.arrivals[0] ?? 0) - (first.arrivals[0] ?? 0)).toBeGreaterThanOrEqual(40);
    expect(safe.arrivals[0]).toBeLessThan(2 * 80);
    expect(safe).toMatchObject({ status: 'booked', result: { shots: 1 } });
  });
});

describe('whatever AimHarder does with idle connections and clocks, a pre-booking', () => {
  const path = { inboundMs: 30, outboundMs: 30, jitterMedianMs: 0, jitterSigma: 0 };

  test('is shot over the calibrated connection, which cheap requests keep open for a server that closes it after 2 s', async (context) => {
    const { fire, simulator } = await firing(context, { keepAliveMs: 2_000, path, answerMs: { min: 0, max: 0 } });

    const { result, arrivals } = await fire(30_000);

    expect(result).toMatchObject({ outcome: 'booked', shots: 1, aimedBy: 'calibrated' });
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(arrivals[0]).toBeLessThan(20);
    // One who fires alone sends at most 30 requests, the shot included.
    expect(simulator.record.requests['/favicon.ico']).toBeLessThanOrEqual(29);
  });

  test('is sent although the waiting connection is answered 408 before the shot leaves', async (context) => {
    const { fire } = await firing(context, { keepAliveMs: 1_200, idleAnswer: true });

    const { result, arrivals, reservations } = await fire(8_000);

    expect(result).toMatchObject({ outcome: 'booked', shots: 1 });
    expect(arrivals).toHaveLength(1);
    expect(reservations).toBe(1);
  });

  test.for([20_000, -20_000, 3_600_000, -3_600_000])(
    'is shot by our own clock where Date is %d ms ahead of the clock that opens bookings',
    async (dateAheadMs, context) => {
      const { fire, boxes } = await firing(context, { dateAheadMs, path });

      const { result, arrivals } = await fire(NEXT_MINUTE);

      expect(result).toMatchObject({ outcome: 'booked', shots: 1, aimedBy: 'local-clock' });
      expect(arrivals[0]).toBeLessThan(150);
      expect((await boxes.get('crossfit-demo')).openingDelay).toBeNull();
    },
  );
});

describe('the delay of a box that opens late by its own clock', () => {
  test('is learned from two shots that were certainly not early, and the next shot is aimed by it', async (context) => {
    const { fire, boxes, clock } = await firing(context, { gateBiasMs: 400 });
    // Another member was refused as well, a week ago.
    const another = { opensAt: NEXT_MINUTE.getTime() - 7 * DAY, prebooking: 'another', aimedMs: 0 };
    const refused = { ...another, refusedAtMs: 390, admittedAtMs: 800 };
    await boxes.changeOpeningDelay('crossfit-demo', (known) => addObservation(known, refused, clock.now()));

    const first = await fire(NEXT_MINUTE);
    const { openingDelay } = await boxes.get('crossfit-demo');
    const next = await fire(7_000);

    expect(first).toMatchObject({ status: 'booked' });
    expect(first.arrivals[0]).toBeLessThan(200);
    expect(first.result.shots).toBeGreaterThan(1);
    expect(openingDelay).toMatchObject({ refusedBy: null, refusedOn: NEXT_MINUTE.getTime() });
    expect(openingDelay?.refusedAtMs).toBeLessThanOrEqual(390);
    expect(next).toMatchObject({ status: 'booked' });
    expect(next.arrivals[0]).toBeGreaterThanOrEqual((openingDelay?.refusedAtMs ?? 0) + 25);
  });

  test('is not learned from an opening that is not on the full minute', async (context) => {
    const { fire, boxes } = await firing(context, { gateBiasMs: 1_500 });

    const { result } = await fire(5_000);

    expect(result.shots).toBeGreaterThan(1);
    expect((await boxes.get('crossfit-demo')).openingDelay).toBeNull();
  });
});

describe('a full class', () => {
  const full = { capacity: 0, waitlist: 4 };

  test('is waited for if the member wants to, where AimHarder has to be asked for the waitlist', async (context) => {
    const { fire } = await firing(context, { waitlistNeedsInsist: true });

    const left = await fire(2_500, { wanted: full });
    const waiting = await fire(2_500, { wanted: full, ordered: { whenFull: 'waitlist' } });

    expect(left.result).toMatchObject({ outcome: 'class-full', shots: 1 });
    expect(waiting).toMatchObject({
      status: 'waitlisted',
      reservations: 1,
      result: { outcome: 'waitlisted', shots: 2 },
    });
  });

  test('is not waited for if the member does not want to: the firing leaves the waitlist again', async (context) => {
    const { fire } = await firing(context);

    const waiting = await fire(2_500, { wanted: full });
    const skipping = await fire(2_500, { wanted: full, ordered: { whenFull: 'skip' } });

    expect(waiting).toMatchObject({ status: 'waitlisted', reservations: 1 });
    expect(skipping).toMatchObject({
      status: 'failed',
      reservations: 0,
      result: { outcome: 'class-full', bookingId: null },
    });
  });

  test('is waitlisted although AimHarder answers 1, as for a seat', async (context) => {
    const { fire } = await firing(context, { waitState: 1 });

    expect(await fire(2_500, { wanted: full })).toMatchObject({ status: 'waitlisted', reservations: 1 });
  });
});

describe('a refusal', () => {
  test('because of another class at that hour ends in booking-limit with AimHarder’s code', async (context) => {
    const { fire, simulator } = await firing(context);
    const other = simulator.addClass({ opensInMs: -1_000, name: 'YOGA' });
    await fire(-500, { wanted: { day: other.day, time: other.time, name: 'OPEN BOX' } });

    const { status, result } = await fire(2_500, { wanted: { day: other.day, time: other.time } });

    expect({ status, outcome: result.outcome }).toEqual({ status: 'failed', outcome: 'booking-limit' });
    expect(result.code).toContain('NOPUEDESRESERVAMISMAHORA');
  });

  test('that names a later opening postpones the pre-booking until then', async (context) => {
    const { fireOnce, clock, learnedRules } = await firing(context, { rule: { unit: 'days', amount: 1 } });
    const startsInMs = 3 * 86_400_000;
    const opensAt = clock.now() + 2_500;

    const { end, prebooking, arrivals } = await fireOnce(startsInMs - 86_400_000, {
      wanted: { startsInMs },
      ordered: { opensAt, classStartsAt: clock.now() + startsInMs },
    });

    expect(end).toBe('postponed');
    // By the clock of the opening that was ordered, the last shot leaves at the end of the grace.
    expect(arrivals).toHaveLength(44);
    expect(prebooking).toMatchObject({ status: 'pending', armed: false, lease: null, openingRule: { daysBefore: 1 } });
    expect(prebooking?.opensAt).toBeGreaterThan(clock.now() + 86_400_000);
    expect(await learnedRules.find(ADA)).toEqual({ daysBefore: 1 });
    expect(await learnedRules.findLongest('crossfit-demo')).toEqual({ daysBefore: 1 });
  });
});

test('a shot whose connection breaks while AimHarder processes it is not followed by another', async (context) => {
  const { fire, simulator } = await firing(context);
  simulator.failNext('/api/book', { kind: 'reset-late' });

  const { status, arrivals, reservations, result } = await fire(2_500);

  expect({ status, reservations, shots: result.shots }).toEqual({ status: 'booked', reservations: 1, shots: 1 });
  expect(arrivals).toHaveLength(1);
});
