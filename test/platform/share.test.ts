import { expect, inject, test } from 'vitest';
import { drawShare, shareOf } from '../support/share.ts';

const CELLS = Array.from({ length: 20 }, (_, cell) => cell);
const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

test('each cell of a matrix is drawn by some seed, and each seed draws an eighth', () => {
  const shares = SEEDS.map((seed) => drawShare(CELLS, seed));

  expect(new Set(shares.flat())).toEqual(new Set(CELLS));
  for (const share of shares) expect(new Set(share).size).toBe(3);
});

test('a seed draws the same cells again, in their order', () => {
  for (const seed of SEEDS) {
    const share = drawShare(CELLS, seed);
    expect(share).toEqual(share.toSorted((one, other) => one - other));
    expect(drawShare(CELLS, seed)).toEqual(share);
  }
});

test('of a few cells one is drawn', () => {
  expect(drawShare(['only'], inject('seed'))).toEqual(['only']);
  expect(new Set(SEEDS.flatMap((seed) => drawShare(['one', 'other'], seed)))).toEqual(new Set(['one', 'other']));
});

test('the full run plays every cell, and a brief one the share of its seed', () => {
  expect(shareOf(CELLS)).toEqual(inject('thorough') ? CELLS : drawShare(CELLS, inject('seed')));
});
