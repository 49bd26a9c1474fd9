import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrate } from '../../lib/aimharder/calibration.ts';
import { type Calibration, DRIFT } from '../../lib/aimharder/estimate.ts';
import { aim, aimSettingFrom, estimateLateness } from '../../lib/firing/aim.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import { seeded, simulatedPath, TYPICAL } from '../support/firing/simulated-path.ts';
import { manualClock } from '../support/platform/manual-clock.ts';
import { assertProperty } from '../support/property.ts';

const opensAt = Date.parse('2026-03-27T19:30:00.000Z');
const monotonic = opensAt - 10 * SECOND;

/** AimHarder is 300 to 340 ms ahead; a request arrives 330 ms or more later than it was sent, on that clock. */
const calibration: Calibration = {
  at: monotonic,
  bounds: { lower: 300, upper: 340 },
  arrival: { earliest: 330, likely: 334, typical: 338 },
  roundTrip: { shortest: 40, median: 42, upperQuartile: 44, longest: 60 },
  probes: 15,
  answers: 14,
  disagreement: false,
};

test('the shot leaves so that even over the fastest path it arrives at the opening, and not before', () => {
  const { sendAt, method } = aim({ calibration, opensAt, now: monotonic, monotonic });

  expect(method).toBe('calibrated');
  expect(sendAt + 330).toBeCloseTo(opensAt + DRIFT * (sendAt - monotonic), 3);
});

test('with the safe setting, the aim rests on the proven bounds alone', () => {
  const { sendAt, method } = aim({ calibration, opensAt, now: monotonic, monotonic, setting: 'safe' });

  expect(method).toBe('bounded');
  expect(sendAt + 300).toBeCloseTo(opensAt + DRIFT * (sendAt - monotonic), 3);
});

test('with too few answers to judge the path, the aim rests on the proven bounds, and its method is bounded', () => {
  const few = { ...calibration, arrival: { earliest: 300, likely: 334, typical: 338 } };

  expect(aim({ calibration: few, opensAt, now: monotonic, monotonic }).method).toBe('bounded');
});

test.each([-2_000, 0, 2_000])('a calibrated aim does not change when the wall clock is set by %i ms', (step) => {
  const aimed = aim({ calibration, opensAt, now: monotonic + step, monotonic });

  expect(aimed).toEqual(aim({ calibration, opensAt, now: monotonic, monotonic }));
});

test('without a calibration, the shot leaves by our own clock, 100 ms late', () => {
  const aimed = aim({ calibration: undefined, opensAt, now: opensAt - 5 * SECOND, monotonic: 1_000 });

  expect(aimed).toEqual({ sendAt: 6_100, method: 'local-clock' });
});

describe('where the bounds are wider than the margin of our own clock', () => {
  const vague = {
    ...calibration,
    bounds: { lower: -600, upper: 380 },
    arrival: { earliest: -600, likely: 0, typical: 0 },
  };
  const reading = { opensAt, now: monotonic, monotonic };

  test('and our clock lies within them, the earlier of the two aims counts', () => {
    const narrowBelow = { ...vague, bounds: { lower: -20, upper: 900 }, arrival: { ...vague.arrival, earliest: -20 } };

    expect(aim({ calibration: vague, ...reading })).toEqual({ sendAt: opensAt + 100, method: 'local-clock' });
    expect(aim({ calibration: vague, ...reading, isPathKnown: false }).sendAt).toBe(opensAt + 100);
    expect(aim({ calibration: narrowBelow, ...reading }).sendAt).toBeCloseTo(opensAt + 20, -1);
  });

  test('but our clock lies outside, theirs counts', () => {
    const ahead = { ...vague, bounds: { lower: -1_500, upper: -500 }, arrival: { ...vague.arrival, earliest: -1_500 } };

    expect(aim({ calibration: ahead, ...reading }).method).toBe('bounded');
  });

  test('with the safe setting, theirs counts', () => {
    expect(aim({ calibration: vague, ...reading, setting: 'safe' }).method).toBe('bounded');
  });
});

test.each([
  [4, 1.5],
  [5, 2.5],
  [6, 3],
])('woken %d s before, with %d s to calibrate, a shot is never later than without', async (_woken, takes) => {
  const random = seeded(takes * 10);
  const lateness: number[] = [];
  for (let run = 0; run < 500; run += 1) {
    const clock = manualClock(monotonic - takes * SECOND);
    const path = { ...TYPICAL, offsets: [20 * random() - 10], out: 5 + 35 * random(), back: 5 + 35 * random() };
    const { probe, arrivalOf } = simulatedPath(clock, path, random);
    const signal = new AbortController().signal;
    const known = await calibrate({ clock, probe, until: monotonic, signal });
    const reading = { opensAt: monotonic + 3 * SECOND, now: monotonic, monotonic };
    const [{ sendAt }, without] = [
      aim({ calibration: known, ...reading }),
      aim({ calibration: undefined, ...reading }),
    ];

    // Some bounds are narrower than the margin, but not by much.
    expect(sendAt).toBeLessThanOrEqual(without.sendAt + 60);
    lateness.push(arrivalOf(sendAt) - reading.opensAt);
  }

  expect(lateness.sort((a, b) => a - b)[250]).toBeLessThan(126);
});

test.each([calibration, undefined])('after the opening, the shot leaves at once', (known) => {
  const late = opensAt + 3 * SECOND;
  const aimed = aim({ calibration: known, opensAt, now: late, monotonic: late });

  expect(aimed.sendAt).toBe(late);
});

test.each([calibration, undefined])('at a box that opens late, the shot leaves that much later', (known) => {
  const reading = { opensAt, now: monotonic, monotonic };
  const punctual = aim({ calibration: known, ...reading });
  const tardy = aim({ calibration: known, ...reading, openingDelayMs: 250 });

  expect(tardy.sendAt - punctual.sendAt).toBeCloseTo(250, 0);
});

test('the reported lateness is within its bound of the true one in at least 99 of 100 shots', async () => {
  const random = seeded(7);
  let outside = 0;
  for (let run = 0; run < 1_000; run += 1) {
    const clock = manualClock(monotonic - 15 * SECOND);
    const path = { ...TYPICAL, offsets: [6_000 * random() - 3_000], out: 5 + 35 * random(), back: 5 + 35 * random() };
    const { probe, arrivalOf } = simulatedPath(clock, path, seeded(run));
    const signal = new AbortController().signal;
    const known = await calibrate({ clock, probe, until: monotonic, signal });
    const { sendAt } = aim({ calibration: known, opensAt, now: monotonic, monotonic });
    const { latenessMs, latenessBoundMs } = estimateLateness({
      sentAt: sendAt,
      opensAt,
      calibration: known,
      wallMinusMonotonic: 0,
    });
    if (Math.abs(arrivalOf(sendAt) - opensAt - latenessMs) > (latenessBoundMs ?? 0)) outside += 1;
  }

  expect(outside).toBeLessThanOrEqual(10);
});

test('without a calibration, the lateness is by our own clock and has no bound', () => {
  const lateness = estimateLateness({
    sentAt: 1_000,
    opensAt,
    calibration: undefined,
    wallMinusMonotonic: opensAt - 995,
  });

  expect(lateness).toEqual({ firedAt: opensAt + 5, latenessMs: 5, latenessBoundMs: null });
});

test('the shot for a later opening never leaves sooner', async () => {
  await assertProperty(
    fc.property(fc.integer({ min: -5_000, max: 60_000 }), fc.integer({ min: 0, max: 5_000 }), (left, more) => {
      const at = (instant: number) => aim({ calibration, opensAt: instant, now: monotonic, monotonic }).sendAt;
      expect(at(monotonic + left + more)).toBeGreaterThanOrEqual(at(monotonic + left));
      expect(at(monotonic + left)).toBeGreaterThanOrEqual(monotonic);
    }),
  );
});

test('AIM is default or safe, and default if it is not set', () => {
  expect([aimSettingFrom({}), aimSettingFrom({ AIM: 'safe' })]).toEqual(['default', 'safe']);
  expect(() => aimSettingFrom({ AIM: 'fast' })).toThrow('configuration: AIM must be default or safe');
});
