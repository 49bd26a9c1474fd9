import { createHash } from 'node:crypto';

/**
 * Maps a text to a whole number from 0 up to, but not including, `range`: always the same for the same text, and evenly
 * spread over different ones. Serves as the shard of a key.
 */
export const hashToRange = (text: string, range: number): number =>
  createHash('sha256').update(text).digest().readUInt32BE(0) % range;
