import { createHash } from 'node:crypto';

/** Draws a number in [0, 1). */
export type Random = () => number;

/** Creates a generator (mulberry32). The same seed and purpose give the same sequence. */
export function createSeededRandom(seed: number, purpose: string): Random {
  let state = createHash('sha256').update(`${seed} ${purpose}`).digest().readInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws a number from a range, uniformly distributed. */
export const drawBetween = (random: Random, min: number, max: number): number => min + random() * (max - min);

export const drawHex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');

/** Draws from a log-normal distribution (Box–Muller). A median of 0 gives 0. */
export function drawLogNormal(random: Random, median: number, sigma: number): number {
  if (median <= 0) return 0;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

/** Computes a number from 0 to 999 999 from a text. The same text always gives the same number. */
export const hashToNumber = (text: string): number =>
  createHash('sha256').update(text).digest().readUInt32LE(0) % 1_000_000;
