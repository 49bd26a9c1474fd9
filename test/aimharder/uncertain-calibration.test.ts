import { expect, test } from 'vitest';
import { calibrate, type Probe } from '../../lib/aimharder/calibration.ts';
import { isPlausible } from '../../lib/aimharder/estimate.ts';
import { sharedCalibrations } from '../../lib/aimharder/shared-calibrations.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import { type PathSettings, seeded, simulatedPath, TYPICAL } from '../support/firing/simulated-path.ts';
import { manualClock } from '../support/platform/manual-clock.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';

const unhurried = new AbortController().signal;
const start = Date.parse('2026-03-27T19:28:37.613Z');

async function calibrateOver(path: PathSettings, seed: number) {
  const clock = manualClock(start);
  const simulated = simulatedPath(clock, path, seeded(seed));
  const until = start + 20 * SECOND;
  const calibration = await calibrate({ clock, probe: simulated.probe, until, signal: unhurried });
  return { calibration, ...simulated };
}

test.each([30, 80])(
  'of 500 shots at most one is early although a program works %d ms on each probe before it stamps Date',
  async (work) => {
    const random = seeded(work);
    const lateness: number[] = [];
    for (let run = 0; run < 500; run += 1) {
      const path = { ...TYPICAL, offsets: [700], out: 5 + 35 * random(), back: 5 + 35 * random() };
      const { calibration, arrivalOf } = await calibrateOver({ ...path, work, isConnectMeasured: true }, run);
      const opensAt = start + 24 * SECOND;
      lateness.push(arrivalOf(opensAt - (calibration?.arrival.earliest ?? Number.NaN)) - opensAt);
    }

    lateness.sort((a, b) => a - b);
    expect(lateness[1]).toBeGreaterThanOrEqual(0);
    expect(lateness[250]).toBeLessThan(45);
  },
);

test('for a static file, the time that the connection takes to open changes nothing', async () => {
  const aims = async (isConnectMeasured: boolean) => {
    const random = seeded(12);
    const excess: number[] = [];
    for (let run = 0; run < 500; run += 1) {
      const out = 5 + 35 * random();
      const path = { ...TYPICAL, offsets: [700], out, back: 5 + 35 * random(), isConnectMeasured };
      const { calibration } = await calibrateOver(path, run);
      excess.push(700 + out - (calibration?.arrival.earliest ?? Number.NaN));
    }
    return excess.sort((a, b) => a - b);
  };
  const [measured, unmeasured] = [await aims(true), await aims(false)];

  expect(Math.abs((measured[250] ?? 0) - (unmeasured[250] ?? 0))).toBeLessThan(1);
  expect(measured[495]).toBeLessThan(30);
});

test('a clock that is more than 5 s away from ours is not shared', async () => {
  const clock = manualClock(start);
  const shared = sharedCalibrations(clock)('crossfit-demo');
  const { probe } = simulatedPath(clock, { ...TYPICAL, offsets: [-20_000] }, seeded(14));
  const calibration = await calibrate({ clock, probe, until: start + 20 * SECOND, signal: unhurried, shared });

  expect(calibration && isPlausible(calibration, 0)).toBe(false);
  expect(shared.read(clock.monotonic())).toBeUndefined();
});

test('a slow last probe is neither awaited nor aborted, and the earlier answers count', async () => {
  const clock = virtualClock(start);
  const until = start + 24 * SECOND;
  const slow: AbortSignal[] = [];
  const probe: Probe = async (signal) => {
    const sentAt = clock.monotonic();
    const isLast = sentAt > until - 1.7 * SECOND;
    if (isLast) slow.push(signal);
    await clock.until(sentAt + 20, signal);
    const date = Math.floor(clock.monotonic() / SECOND) * SECOND;
    await clock.until(isLast ? until + 100 : clock.monotonic() + 20, signal);
    return { sentAt, answeredAt: clock.monotonic(), date, connection: 1 };
  };
  const { calibration, endedAt, isGivenUp } = await clock.run(async () => {
    const found = await calibrate({ clock, probe, until, signal: unhurried });
    return { calibration: found, endedAt: clock.monotonic(), isGivenUp: slow.map(({ aborted }) => aborted) };
  });
  clock.stop();

  expect(isGivenUp).toEqual([false]);
  expect(endedAt).toBeLessThanOrEqual(until + 1);
  expect(calibration?.answers).toBeGreaterThanOrEqual(19);
  expect(calibration?.arrival.earliest).toBeGreaterThan(calibration?.bounds.lower ?? Number.NaN);
});
