import { expect, test } from 'vitest';
import { MAX_SHOTS, nextShotAt } from '../../lib/firing/next-shot.ts';

test('the ladder has at most eight shots, with growing gaps, within five seconds', () => {
  const first = 1_000_000;
  const shots = [first];
  for (let now = first; ; ) {
    const next = nextShotAt(shots.length, first, now);
    if (next === undefined) break;
    shots.push(next);
    now = next;
  }
  const gaps = shots.slice(1).map((at, index) => at - (shots[index] ?? 0));

  expect(shots).toHaveLength(MAX_SHOTS);
  expect(gaps).toEqual(gaps.toSorted((one, other) => one - other));
  expect((shots.at(-1) ?? 0) - first).toBeLessThanOrEqual(5_000);
});

test('slow answers end the ladder after five seconds', () => {
  expect(nextShotAt(2, 1_000_000, 1_004_980)).toBeUndefined();
  expect(nextShotAt(2, 1_000_000, 1_004_960)).toBe(1_004_990);
});
