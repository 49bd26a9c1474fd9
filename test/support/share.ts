import fc from 'fast-check';
import { inject } from 'vitest';

/** One cell of so many is played by `npm run test:unit`. */
const BRIEF = 8;

/** Draws an eighth of the cells, at least one, in their order. The same seed draws the same cells. */
export function drawShare<Cell>(cells: readonly Cell[], seed: number): readonly Cell[] {
  const count = Math.ceil(cells.length / BRIEF);
  const [drawn = []] = fc.sample(fc.subarray([...cells], { minLength: count, maxLength: count }), { seed, numRuns: 1 });
  return drawn;
}

/**
 * Returns the cells of a matrix that this run plays. The full run, before a commit, plays all of them. `npm run test:unit`, which
 * runs at every change, plays an eighth that the run's seed draws (support/seed.ts): runs differ, and each cell is drawn
 * in the end. Two lists of one length are drawn alike, so a matrix of several dimensions is given as one list of its cells.
 */
export const shareOf = <Cell>(cells: readonly Cell[]): readonly Cell[] =>
  inject('thorough') ? cells : drawShare(cells, inject('seed'));
