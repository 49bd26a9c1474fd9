import type { Documents } from '../../../../lib/platform/dynamodb.ts';

/** A write of a store whose answer is lost. */
export type LostWrite = {
  /** The function that sends it, as "file function". */
  readonly writes: string;
  /** The condition of this write, if a function sends several. */
  readonly when?: string;
  readonly table: string;
  /** Which write of the act loses its answer; the first by default. */
  readonly nth?: number;
  /** Prepares the table. @returns the act. */
  readonly prepare: (documents: Documents) => Promise<() => Promise<unknown>>;
};

export const EMAIL = 'ada@example.com';
