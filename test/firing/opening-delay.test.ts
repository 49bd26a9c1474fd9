import { expect, test } from 'vitest';
import type { Calibration } from '../../lib/aimharder/calibration.ts';
import type { OpeningDelay } from '../../lib/boxes/box-store.ts';
import { delayToAimFor, openingDelayAfter } from '../../lib/firing/opening-delay.ts';
import { seeded } from '../support/firing/simulated-path.ts';

const opensAt = Date.UTC(2026, 2, 20, 18, 30);
const DAY = 86_400_000;

/** AimHarder's clock is our own, known to 8 ms, and the way to it takes 10. */
const calibration = {
  at: opensAt,
  bounds: { lower: -4, upper: 14 },
  arrival: { earliest: 9, likely: 10, typical: 11 },
  roundTrip: { shortest: 20, upperQuartile: 22, longest: 26 },
  ...{ probes: 15, answers: 15, disagreement: false },
} satisfies Calibration;
const seen = { opensAt, calibration };
const WAY = 10;

/** One opening at a gate that is so late: the first shot is aimed at what is known, the others follow refusals. */
function openAt(biasMs: number, known: OpeningDelay | null, random: () => number) {
  let sentAt = opensAt - 9 + delayToAimFor(known, opensAt);
  let refusedAt: number | null = null;
  while (sentAt + WAY < opensAt + biasMs) {
    refusedAt = sentAt;
    sentAt += 400 + 1_300 * random();
  }
  return {
    first: refusedAt === null,
    gate: openingDelayAfter(known, { refusedAt, admittedAt: sentAt }, seen, opensAt),
  };
}

test.each([60, 400, 1_100])(
  'a gate that is %d ms late is found to 50 ms within a dozen openings, and then met',
  (bias) => {
    const random = seeded(bias);
    let known: OpeningDelay | null = null;
    for (let opening = 0; opening < 14; opening += 1) known = openAt(bias, known, random).gate ?? known;

    expect(openAt(bias, known, random).first).toBe(true);
    expect(delayToAimFor(known, opensAt)).toBeGreaterThanOrEqual(bias);
    expect(delayToAimFor(known, opensAt)).toBeLessThan(bias + 75);
  },
);

test('a refused shot that may have come early says nothing of the gate', () => {
  expect(
    openingDelayAfter(null, { refusedAt: opensAt - 11, admittedAt: opensAt + 600 }, seen, opensAt),
  ).toBeUndefined();
});

test('where clocks disagree nothing is proven', () => {
  const disagreeing = { opensAt, calibration: { ...calibration, disagreement: true } };
  expect(
    openingDelayAfter(null, { refusedAt: opensAt + 300, admittedAt: opensAt + 900 }, disagreeing, opensAt),
  ).toBeUndefined();
});

test('without a calibration nothing is proven', () => {
  const shooting = { refusedAt: opensAt + 300, admittedAt: opensAt + 900 };
  expect(openingDelayAfter(null, shooting, { opensAt, calibration: undefined }, opensAt)).toBeUndefined();
});

test('a gate that opens later than two and a half seconds was another opening', () => {
  const shooting = { refusedAt: opensAt + 2_000, admittedAt: opensAt + 3_000 };
  expect(openingDelayAfter(null, shooting, seen, opensAt)).toBeUndefined();
});

test('a shot admitted before the gate was known to open ends what was known', () => {
  const known = { shutMs: 300, openMs: 340, seenAt: opensAt };
  expect(openingDelayAfter(known, { refusedAt: null, admittedAt: opensAt + 100 }, seen, opensAt)).toBeNull();
});

test('a gate that has moved on is known anew', () => {
  const known = { shutMs: 300, openMs: 340, seenAt: opensAt };
  const gate = openingDelayAfter(known, { refusedAt: opensAt + 350, admittedAt: opensAt + 900 }, seen, opensAt);

  expect(gate?.shutMs).toBeGreaterThan(340);
  expect(gate?.openMs).toBeGreaterThan(900);
});

test('what was seen of a gate counts for two weeks', () => {
  const known = { shutMs: 300, openMs: 340, seenAt: opensAt - 15 * DAY };
  expect(delayToAimFor(known, opensAt)).toBe(0);
  expect(delayToAimFor({ ...known, seenAt: opensAt - 13 * DAY }, opensAt)).toBe(340);
});
