import { expect, test } from 'vitest';
import { calibrate, type Probe } from '../../lib/aimharder/calibration.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import { seeded, simulatedPath, TYPICAL } from '../support/firing/simulated-path.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

const unhurried = new AbortController().signal;
const start = Date.parse('2026-03-27T19:28:37.613Z');

test.each([
  [20, 10, 'in turn', (asked: number) => asked % 2 === 0],
  [26, 3, 'in turn', (asked: number) => asked % 2 === 0],
  [26, 35, 'at random', (_: number, random: number) => random < 0.5],
] as const)(
  'in %i s, with fewer than %i of 200 early: servers that answer %s with different clocks are noticed, and the slowest counts',
  async (takes, fewerThan, _, isBehind) => {
    let early = 0;
    const late: number[] = [];
    for (let run = 0; run < 200; run += 1) {
      const clock = manualClock(start);
      const random = seeded(run);
      const behind = simulatedPath(clock, { ...TYPICAL, offsets: [100] }, random);
      const ahead = simulatedPath(clock, { ...TYPICAL, offsets: [500 + 400 * random()] }, random);
      const drawn = seeded(run + 1_000);
      let asked = 0;
      const probe: Probe = (signal) => (isBehind(asked++, drawn()) ? behind : ahead).probe(signal);
      const calibration = await calibrate({ clock, probe, until: start + takes * SECOND, signal: unhurried });
      const opensAt = start + (takes + 4) * SECOND;
      const arrival = behind.arrivalOf(opensAt - (calibration?.arrival.earliest ?? Number.NaN));
      late.push(arrival - opensAt);
      if (arrival < opensAt) early += 1;
      else expect(calibration?.disagreement || (calibration?.bounds.lower ?? 0) < 100).toBe(true);
    }

    // With answers of one bit, a clock can hide by always being asked where both say the same.
    expect(early).toBeLessThan(fewerThan);
    expect(late.sort((a, b) => a - b)[100]).toBeLessThan(150);
  },
);
