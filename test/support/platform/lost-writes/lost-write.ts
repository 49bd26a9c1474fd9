import type { Documents } from '../../../../lib/platform/dynamodb.ts';

/** A write of a store whose answer is lost. */
export type LostWrite = {
  /** The function that sends it, as "file function". */
  readonly writes: string;
  /** What is special about it, if a function has several. */
  readonly when?: string;
  readonly table: string;
  /** Which of the writes that `act` sends loses its answer; the first by default. */
  readonly nth?: number;
  /** Prepares the table. @returns the act. */
  readonly prepare: (documents: Documents) => Promise<() => Promise<unknown>>;
};

export const EMAIL = 'ada@example.com';
