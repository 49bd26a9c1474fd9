import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrate, type Probe } from '../../lib/aimharder/calibration.ts';
import { type Calibration, DRIFT, estimate, type ProbeAnswer } from '../../lib/aimharder/estimate.ts';
import { MAX_PROBES } from '../../lib/aimharder/probe-plan.ts';
import { sharedCalibrations } from '../../lib/aimharder/shared-calibrations.ts';
import { type Instant, SECOND } from '../../lib/platform/clock.ts';
import { type PathSettings, seeded, simulatedPath, TYPICAL } from '../support/firing/simulated-path.ts';
import { manualClock } from '../support/platform/manual-clock.ts';
import { assertProperty } from '../support/property.ts';
import { defined } from '../support/sessions/session-world.ts';

const unhurried = new AbortController().signal;
const start = Date.parse('2026-03-27T19:28:37.613Z');

/** One calibration over a simulated path, from 20 s before its end. */
async function calibrateOver(path: PathSettings, seed: number, { takes = 20 * SECOND } = {}) {
  const clock = manualClock(start);
  const simulated = simulatedPath(clock, path, seeded(seed));
  const calibration = await calibrate({ clock, probe: simulated.probe, until: start + takes, signal: unhurried });
  return { clock, calibration, ...simulated };
}

test('whatever the clocks, the path, its jitter and losses, the true offset lies within the proven bounds', async () => {
  const path = fc.record({
    offsets: fc.tuple(fc.double({ min: -3_000, max: 3_000, noNaN: true })),
    out: fc.double({ min: 0, max: 200, noNaN: true }),
    back: fc.double({ min: 0, max: 200, noNaN: true }),
    median: fc.double({ min: 0.05, max: 20, noNaN: true }),
    sigma: fc.double({ min: 0, max: 1.5, noNaN: true }),
    loss: fc.double({ min: 0, max: 0.6, noNaN: true }),
    drift: fc.double({ min: -DRIFT, max: DRIFT, noNaN: true }),
  });
  const takes = fc.integer({ min: 500, max: 90 * SECOND });

  await assertProperty(
    fc.asyncProperty(path, fc.integer(), takes, async (settings, seed, millis) => {
      const { calibration, offsetAt } = await calibrateOver(settings, seed, { takes: millis });
      if (!calibration) return;
      const offset = offsetAt(calibration.at, 0);
      expect(calibration.bounds.lower).toBeLessThanOrEqual(offset);
      expect(calibration.bounds.upper).toBeGreaterThan(offset + settings.out);
    }),
    { numRuns: 1_000 },
  );
});

test('of 2 000 calibrations none aims early, and the aim is within 15 ms of perfect at p50 and 30 ms at p99', async () => {
  const random = seeded(1);
  const excess: number[] = [];
  for (let run = 0; run < 2_000; run += 1) {
    const out = 5 + 35 * random();
    const path = { ...TYPICAL, offsets: [6_000 * random() - 3_000], out, back: 5 + 35 * random() };
    const { calibration, offsetAt, arrivalOf } = await calibrateOver(path, run);
    const opensAt = start + 24 * SECOND;
    const sendAt = opensAt - (calibration?.arrival.earliest ?? Number.NaN);

    expect(arrivalOf(sendAt)).toBeGreaterThanOrEqual(opensAt);
    excess.push(sendAt + offsetAt(sendAt, 0) + out - opensAt);
  }

  excess.sort((a, b) => a - b);
  expect(excess[1_000]).toBeLessThan(15);
  expect(excess[1_980]).toBeLessThan(30);
});

test('no more probes are sent than allowed, and none after the end', async () => {
  const clock = manualClock(start);
  const sent: Instant[] = [];
  const { probe } = simulatedPath(clock, TYPICAL, seeded(2));
  const counting: Probe = (signal) => {
    sent.push(clock.monotonic());
    return probe(signal);
  };
  await calibrate({ clock, probe: counting, until: start + 80 * SECOND, signal: unhurried });

  expect(sent.length).toBeLessThanOrEqual(MAX_PROBES);
  expect(sent.length).toBeGreaterThan(MAX_PROBES - 3);
  expect(sent.at(-1)).toBeLessThan(start + 80 * SECOND);
  // Fresh when it ends, and never idle for so long that a server would close the connection.
  const gaps = sent.slice(1).map((at, index) => at - (sent[index] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(2 * SECOND);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
});

test('a calibration with no time left sends nothing and knows nothing', async () => {
  const clock = manualClock(start);
  const probe: Probe = () => Promise.reject(new Error('nobody should ask'));

  expect(await calibrate({ clock, probe, until: start, signal: unhurried })).toBeUndefined();
});

test('steps of the wall clock during the calibration change nothing', async () => {
  const calibrated = async (step: number) => {
    const clock = manualClock(start);
    const { probe } = simulatedPath(clock, TYPICAL, seeded(3));
    const stepping: Probe = (signal) => {
      clock.step(step);
      return probe(signal);
    };
    return calibrate({ clock, probe: stepping, until: start + 20 * SECOND, signal: unhurried });
  };

  expect(await calibrated(2_000)).toEqual(await calibrated(0));
});

test('answers without a Date count as lost', async () => {
  const { clock, probe } = await calibrateOver(TYPICAL, 4);
  let asked = 0;
  const dateless: Probe = async (signal) => ({ ...(await probe(signal)), date: undefined });
  const oftenDateless: Probe = (signal) => (asked++ % 3 === 0 ? dateless(signal) : probe(signal));
  const until = clock.monotonic() + 20 * SECOND;

  expect(await calibrate({ clock, probe: dateless, until, signal: unhurried })).toBeUndefined();
  const again = clock.monotonic() + 30 * SECOND;
  const calibration = await calibrate({ clock, probe: oftenDateless, until: again, signal: unhurried });
  expect(calibration).toMatchObject({ probes: MAX_PROBES, answers: 16, disagreement: false });
});

test('a Date that stands still comes from a cache and is ignored', async () => {
  const { clock, probe } = await calibrateOver(TYPICAL, 5);
  const cached: Probe = async (signal) => ({ ...(await probe(signal)), date: start - 3_600 * SECOND - 613 });
  const until = clock.monotonic() + 20 * SECOND;

  expect(await calibrate({ clock, probe: cached, until, signal: unhurried })).toBeUndefined();
});

test('two answers that cannot come from one clock are a disagreement, and the later clock counts', () => {
  const answer = (sentAt: number, date: number): ProbeAnswer => ({
    sentAt,
    answeredAt: sentAt + 50,
    date,
    connection: 1,
  });
  const calibration = estimate([answer(10_400, 10_000), answer(11_400, 13_000)], 11_450);

  expect(calibration?.disagreement).toBe(true);
  expect(calibration?.bounds.lower).toBeLessThan(-400);
  expect(calibration?.bounds.upper).toBeLessThan(700);
});

test('an aborted signal ends the calibration with its reason', async () => {
  const clock = manualClock(start);
  const controller = new AbortController();
  const probe: Probe = async () => {
    controller.abort(new Error('the lease was lost'));
    throw new Error('aborted');
  };

  const calibration = calibrate({ clock, probe, until: start + 20 * SECOND, signal: controller.signal });
  await expect(calibration).rejects.toThrow('the lease was lost');
});

test('after a lost connection the path is unknown, but the clock is known', async () => {
  const random = seeded(8);
  for (let run = 0; run < 500; run += 1) {
    const clock = manualClock(start);
    const drawn = () => ({ ...TYPICAL, offsets: [700], out: 5 + 35 * random(), back: 5 + 35 * random() });
    const breaksAt = Math.floor(15 * random());
    let path = simulatedPath(clock, drawn(), random);
    let asked = 0;
    const probe: Probe = (signal) => {
      if (asked++ !== breaksAt) return path.probe(signal);
      path = simulatedPath(clock, drawn(), random);
      return Promise.reject(new Error('the connection was reset'));
    };
    const calibration = await calibrate({ clock, probe, until: start + 20 * SECOND, signal: unhurried });
    const sendAt = start + 24 * SECOND - (calibration?.arrival.earliest ?? Number.NaN);

    expect(path.arrivalOf(sendAt)).toBeGreaterThanOrEqual(start + 24 * SECOND);
    expect(path.arrivalOf(sendAt)).toBeLessThan(start + 24 * SECOND + 150);
  }
});

test('a connection that was reopened unnoticed has another path', async () => {
  const random = seeded(11);
  for (let run = 0; run < 300; run += 1) {
    const clock = manualClock(start);
    const drawn = (connection: number) =>
      simulatedPath(
        clock,
        { ...TYPICAL, offsets: [700], out: 5 + 35 * random(), back: 5 + 35 * random() },
        random,
        connection,
      );
    const [before, after] = [drawn(1), drawn(2)];
    const reopensAt = Math.floor(15 * random());
    let asked = 0;
    const probe: Probe = (signal) => (asked++ < reopensAt ? before : after).probe(signal);
    const calibration = await calibrate({ clock, probe, until: start + 20 * SECOND, signal: unhurried });
    const sendAt = start + 24 * SECOND - (calibration?.arrival.earliest ?? Number.NaN);

    expect(after.arrivalOf(sendAt)).toBeGreaterThanOrEqual(start + 24 * SECOND);
  }
});

test('the calibration of one connection serves the next, which needs fewer probes', async () => {
  const { clock, calibration } = await calibrateOver({ ...TYPICAL, offsets: [1_234] }, 9);
  const shared = sharedCalibrations(clock)('crossfit-demo');
  shared.share(defined(calibration));
  const other = simulatedPath(clock, { ...TYPICAL, offsets: [1_234], out: 38, back: 6 }, seeded(10), 2);
  const until = clock.monotonic() + 8 * SECOND;
  const second = await calibrate({ clock, probe: other.probe, until, signal: unhurried, shared });

  expect(second?.probes).toBeLessThanOrEqual(10);
  expect(second?.arrival.earliest).toBeLessThanOrEqual(1_234 + 38 + 1);
  expect(second?.arrival.earliest).toBeGreaterThan(1_234 + 38 - 25);
  expect(second?.bounds.lower).toBeLessThanOrEqual(1_234);
});

describe('the shared calibration of a clock', () => {
  const of = (at: number, width: number, disagreement = false) =>
    ({ at, bounds: { lower: 0, upper: width }, disagreement }) as Calibration;

  test('is the narrowest calibration, for a minute', () => {
    const clock = sharedCalibrations(manualClock(start))('crossfit-demo');
    clock.share(of(1_000, 40));
    clock.share(of(2_000, 20));
    clock.share(of(3_000, 30));

    expect(clock.read(3_000)?.bounds.upper).toBe(20);
    expect(clock.read(62_001)).toBeUndefined();
  });

  test('is shared for that box alone', () => {
    const clocks = sharedCalibrations(manualClock(start));
    clocks('crossfit-demo').share(of(1_000, 40));

    expect(clocks('crossfit-demo').read(1_000)).toBeDefined();
    expect(clocks('box-tenerife').read(1_000)).toBeUndefined();
  });

  test('is dropped if our own clock has stood still', () => {
    const clock = manualClock(start);
    const told = sharedCalibrations(clock)('crossfit-demo');
    told.share(of(start, 40));
    expect(told.read(start)).toBeDefined();

    clock.step(15 * 60 * SECOND);

    expect(told.read(start)).toBeUndefined();
  });

  test('saves no probes of the connection that shared it', async () => {
    const clock = manualClock(start);
    const { probe } = simulatedPath(clock, TYPICAL, seeded(5));
    const shared = sharedCalibrations(clock)('crossfit-demo');
    const until = start + 25 * SECOND;

    const calibration = await calibrate({ clock, probe, until, signal: unhurried, shared });

    expect(calibration?.probes).toBe(MAX_PROBES);
    expect(shared.read(clock.monotonic())).toBeDefined();
  });

  test('is dropped once answers disagree', () => {
    const clock = sharedCalibrations(manualClock(start))('crossfit-demo');
    clock.share(of(1_000, 40));
    clock.share(of(1_500, 20, true));

    expect(clock.read(2_000)).toBeUndefined();
  });
});

test('a probe that is never answered is given up', async () => {
  const clock = manualClock(start);
  const silent: Probe = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

  expect(await calibrate({ clock, probe: silent, until: start + 700, signal: unhurried })).toBeUndefined();
});
