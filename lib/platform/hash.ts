import { createHash } from 'node:crypto';

/**
 * Maps a text to a whole number from 0 up to, but not including, `range`. The same text always gives the same number, and
 * different texts spread evenly. Callers choose a shard by the number, or spread times by it.
 */
export const hashToRange = (text: string, range: number): number =>
  createHash('sha256').update(text).digest().readUInt32BE(0) % range;
