import { expect, test } from 'vitest';
import type { Calibration } from '../../lib/aimharder/estimate.ts';
import type { OpeningDelay } from '../../lib/boxes/box-store.ts';
import { delayToAimFor, narrowOpeningDelay } from '../../lib/firing/opening-delay.ts';
import { seeded } from '../support/firing/simulated-path.ts';

const opensAt = Date.UTC(2026, 2, 20, 18, 30);
const DAY = 86_400_000;

/** AimHarder's clock is the same as ours, known to 9 ms either way, and the path to it takes 10 ms. */
const calibration = {
  at: opensAt,
  bounds: { lower: -4, upper: 14 },
  arrival: { earliest: 9, likely: 10, typical: 11 },
  roundTrip: { shortest: 20, upperQuartile: 22, longest: 26 },
  ...{ probes: 15, answers: 15, disagreement: false },
} satisfies Calibration;
const opening = { opensAt, calibration };
/** How long a request takes to AimHarder, in milliseconds. */
const PATH = 10;

/** Fires at a box that opens `delayMs` late: the first shot is aimed by the known delay, others follow refusals. */
function fireAt(delayMs: number, known: OpeningDelay | null, random: () => number) {
  let sentAt = opensAt - 9 + delayToAimFor(known, opensAt);
  let refusedAt: number | null = null;
  while (sentAt + PATH < opensAt + delayMs) {
    refusedAt = sentAt;
    sentAt += 400 + 1_300 * random();
  }
  return {
    isAdmittedAtOnce: refusedAt === null,
    learned: narrowOpeningDelay(known, { refusedAt, admittedAt: sentAt }, opening, opensAt),
  };
}

test.each([60, 400, 1_100])(
  'a delay of %d ms is learned to 50 ms within 14 openings, and then the first shot is admitted',
  (delay) => {
    const random = seeded(delay);
    let known: OpeningDelay | null = null;
    for (let times = 0; times < 14; times += 1) known = fireAt(delay, known, random).learned ?? known;

    expect(fireAt(delay, known, random).isAdmittedAtOnce).toBe(true);
    expect(delayToAimFor(known, opensAt)).toBeGreaterThanOrEqual(delay);
    expect(delayToAimFor(known, opensAt)).toBeLessThan(delay + 75);
  },
);

test('a refused shot that may have arrived early proves no delay', () => {
  expect(
    narrowOpeningDelay(null, { refusedAt: opensAt - 11, admittedAt: opensAt + 600 }, opening, opensAt),
  ).toBeUndefined();
});

test('servers whose clocks disagree prove no delay', () => {
  const disagreeing = { opensAt, calibration: { ...calibration, disagreement: true } };
  expect(
    narrowOpeningDelay(null, { refusedAt: opensAt + 300, admittedAt: opensAt + 900 }, disagreeing, opensAt),
  ).toBeUndefined();
});

test('without a calibration, no delay is proven', () => {
  const shooting = { refusedAt: opensAt + 300, admittedAt: opensAt + 900 };
  expect(narrowOpeningDelay(null, shooting, { opensAt, calibration: undefined }, opensAt)).toBeUndefined();
});

test('a box that opens more than two and a half seconds late had another opening, not a delay', () => {
  const shooting = { refusedAt: opensAt + 2_000, admittedAt: opensAt + 3_000 };
  expect(narrowOpeningDelay(null, shooting, opening, opensAt)).toBeUndefined();
});

test('a shot admitted sooner than the known delay allows deletes that delay', () => {
  const known = { refusedAtMs: 300, admittedAtMs: 340, seenAt: opensAt };
  expect(narrowOpeningDelay(known, { refusedAt: null, admittedAt: opensAt + 100 }, opening, opensAt)).toBeNull();
});

test('a delay that has grown is learned anew', () => {
  const known = { refusedAtMs: 300, admittedAtMs: 340, seenAt: opensAt };
  const learned = narrowOpeningDelay(known, { refusedAt: opensAt + 350, admittedAt: opensAt + 900 }, opening, opensAt);

  expect(learned?.refusedAtMs).toBeGreaterThan(340);
  expect(learned?.admittedAtMs).toBeGreaterThan(900);
});

test('a learned delay counts for two weeks', () => {
  const known = { refusedAtMs: 300, admittedAtMs: 340, seenAt: opensAt - 15 * DAY };
  expect(delayToAimFor(known, opensAt)).toBe(0);
  expect(delayToAimFor({ ...known, seenAt: opensAt - 13 * DAY }, opensAt)).toBe(340);
});
