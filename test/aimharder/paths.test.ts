import { describe, expect, test } from 'vitest';
import { exponential, gamma, logNormal, twoHumps } from '../support/firing/delays.ts';
import { PATH_KINDS, README_PATH, SAME_REGION_PATH } from '../support/firing/path-kinds.ts';
import { seeded } from '../support/firing/simulated-path.ts';
import { SHARING, simulateShots } from '../support/firing/simulated-shots.ts';
import { shareOf } from '../support/share.ts';

/* A small piece of `npm run bench -- paths`, with a fixed seed. */

const KINDS = shareOf(PATH_KINDS.map((kind) => [kind.name, kind] as const));

test.each(KINDS)('none of 200 shots is early, and at most 1 in 100 000 as computed: %s', (_, kind) => {
  const { early, chanceOfEarly } = simulateShots(kind, 200, 3);

  expect(early).toBe(0);
  expect(chanceOfEarly).toBeLessThanOrEqual(1e-5);
});

test.each(KINDS)(
  'where 8 share a process, none of 200 shots is early, and at most 1 in 100 000 as computed: %s',
  (_, kind) => {
    const { early, chanceOfEarly, probes } = simulateShots(kind, 200, 3, SHARING);

    expect(early).toBe(0);
    expect(chanceOfEarly).toBeLessThanOrEqual(1e-5);
    // With the shot and the two requests that warm its connections: 11 requests.
    expect(probes).toBeLessThanOrEqual(8);
  },
);

test.each(shareOf([README_PATH, SAME_REGION_PATH]))(
  'those who share a process are no later than one alone: $name',
  (kind) => {
    const [alone, pooled] = [simulateShots(kind, 1_000, 3), simulateShots(kind, 1_000, 3, SHARING)];

    expect(pooled.p50).toBeLessThan(alone.p50);
    // The percentiles of 1,000 shots differ by chance.
    expect(pooled.p99).toBeLessThan(alone.p99 + 1);
  },
);

test.each(
  shareOf([
    [README_PATH.name, README_PATH, 5.2, 7],
    [SAME_REGION_PATH.name, SAME_REGION_PATH, 2.5, 3.5],
  ] as const),
)('shots are close to an oracle’s: %s', (_, kind, p50, p99) => {
  const summary = simulateShots(kind, 2_000, 3);

  expect(summary.p50).toBeLessThan(p50);
  expect(summary.p99).toBeLessThan(p99);
});

test('of the firings whose probes were all in a later hump, one in a thousand, hardly any is early', () => {
  const [short, delays] = [logNormal(1, 0.5), twoHumps(logNormal(1, 0.5), 5, 0.5)];
  const start = (random: () => number) => {
    let longerBack = 0;
    return {
      // Of each probe, the way there, the way back or both take 5 ms longer, with the same probability.
      out: () => {
        const drawn = Math.floor(3 * random());
        longerBack = drawn === 0 ? 0 : 5;
        return short.draw(random) + (drawn === 1 ? 0 : 5);
      },
      back: () => short.draw(random) + longerBack,
      outBelow: (_: number, millis: number) => delays.below(millis),
    };
  };
  const isRare = 0.75 ** 24;

  const { chanceOfEarly } = simulateShots(
    { name: 'no probe is short both ways', fixed: [5, 40], stampDelay: 0, start },
    2_000,
    3,
  );

  // Without the part of the margin that is for humps: 1.2 in 100 000.
  expect(isRare * chanceOfEarly).toBeLessThan(6e-6);
});

describe('the computed probability is the share of the drawn delays', () => {
  const DELAYS = {
    'log-normal': logNormal(2, 0.8),
    'gamma of shape 0.5': gamma(0.5, 2),
    'gamma of shape 9': gamma(9, 9),
    'exponential with a floor': exponential(2, 0.5),
    'two humps': twoHumps(logNormal(1, 0.5), 8, 0.2),
  };
  test.each(Object.entries(DELAYS))('%s', (_, delays) => {
    const random = seeded(5);
    const drawn = Array.from({ length: 20_000 }, () => delays.draw(random));

    for (const millis of [0.2, 0.5, 1, 2, 4, 8, 12]) {
      const share = drawn.filter((delay) => delay < millis).length / drawn.length;
      expect(Math.abs(delays.below(millis) - share)).toBeLessThan(0.02);
    }
  });

  test('also far out', () => {
    // From tables of the normal and the χ² distribution.
    expect(logNormal(1, 1).below(Math.exp(-5)) / 2.866516e-7).toBeCloseTo(1, 4);
    expect(gamma(2, 2).below(0.01) / (1 - 1.01 * Math.exp(-0.01))).toBeCloseTo(1, 6);
  });
});
