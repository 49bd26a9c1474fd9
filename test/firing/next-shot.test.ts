import { expect, test } from 'vitest';
import {
  createShotSpacer,
  LAST_SHOT_AFTER,
  waitAfterTooEarly,
  waitAfterTurnedAway,
} from '../../lib/firing/next-shot.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

type Wait = (
  shots: number,
  after: { readonly sinceOpening: number; readonly sentAfterMs: number; readonly random: number },
) => number | undefined;

/** Returns when shots leave that are all refused at once, in milliseconds after the opening. */
function shotsOf(wait: Wait, random = 0.5): readonly number[] {
  const shots = [0];
  for (;;) {
    const sinceOpening = shots.at(-1) ?? 0;
    const gap = wait(shots.length, { sinceOpening, sentAfterMs: sinceOpening, random });
    if (gap === undefined) return shots;
    shots.push(sinceOpening + gap);
  }
}

/** The largest gap between shots that leave before an instant. */
const longestGap = (shots: readonly number[], before: number) =>
  Math.max(...shots.slice(1).map((at, index) => (at < before ? at - (shots[index] ?? 0) : 0)));

test.each([0, 0.5, 0.999])('after "too early" shots leave until the grace ends (random %d)', (random) => {
  const shots = shotsOf(waitAfterTooEarly, random);

  expect(shots.slice(0, 7)).toEqual([0, 15, 45, 105, 225, 465, 945]);
  expect(longestGap(shots, 10_000)).toBeLessThanOrEqual(1_250);
  expect(longestGap(shots, 30_000)).toBeLessThanOrEqual(2_500);
  expect(longestGap(shots, LAST_SHOT_AFTER)).toBeLessThanOrEqual(6_250);
  expect(shots.at(-1)).toBe(119_500 - 400 * random);
  // README, "What it guarantees".
  expect(shots.length).toBeLessThanOrEqual(60);
});

test('without spreading 45 shots leave until the grace ends', () => {
  expect(shotsOf(waitAfterTooEarly)).toHaveLength(45);
});

test('a shot that was turned away is repeated after 100 ms, then after twice as long, up to 2 s', () => {
  const shots = shotsOf(waitAfterTurnedAway);

  expect(shots.slice(0, 7)).toEqual([0, 100, 300, 700, 1_500, 3_100, 5_100]);
  expect(longestGap(shots, LAST_SHOT_AFTER)).toBe(2_000);
  expect(shots.at(-1)).toBe(119_100);
});

test.each([
  [0, 8_000, 118_500],
  [0.5, 9_000, 118_300],
  [1, 10_000, 118_100],
])('Retry-After is obeyed within the grace, and only made longer (random %d)', (random, obeyed, shortened) => {
  const after = { sinceOpening: 1_000, sentAfterMs: 500, random };

  expect(waitAfterTurnedAway(1, after, 8_000)).toBe(obeyed);
  expect(waitAfterTurnedAway(1, after, 3_600_000)).toBe(shortened);
});

test('an answer that comes while the last shots leave is followed by one, and a last shot by none', () => {
  const random = 0.999;

  expect(waitAfterTooEarly(40, { sinceOpening: 119_400, sentAfterMs: 117_700, random })).toBe(0);
  expect(waitAfterTooEarly(40, { sinceOpening: 119_400, sentAfterMs: 119_200, random })).toBeUndefined();
  expect(waitAfterTurnedAway(9, { sinceOpening: 119_400, sentAfterMs: 119_200, random })).toBeUndefined();
  expect(waitAfterTooEarly(40, { sinceOpening: 119_500, sentAfterMs: 117_700, random })).toBeUndefined();
});

test('the firings of a process repeat at most one shot in 20 ms', () => {
  const clock = manualClock(1_000);
  const spaceShot = createShotSpacer(clock);

  expect([1_000, 1_000, 1_010, 5_000].map(spaceShot)).toEqual([1_000, 1_020, 1_040, 5_000]);
  clock.advance(60_000);
  expect(spaceShot(61_000)).toBe(61_000);
});

test('a shot that waits as Retry-After asks holds up no other firing of the process', () => {
  const spaceShot = createShotSpacer(manualClock(1_000));

  expect([61_000, 61_000, 1_100, 1_100, 60_990].map(spaceShot)).toEqual([61_000, 61_020, 1_100, 1_120, 61_040]);
});
