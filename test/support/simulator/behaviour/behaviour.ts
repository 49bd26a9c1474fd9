import type { AddClass, SimulatorOptions } from '../../../../infra/simulator/simulator.ts';
import type { Ask } from './questions.ts';

/** A row of the table: switches, a question, and the expected answer. The question is asked on a Thursday, 12:00 in Madrid. */
export type Behaviour = {
  readonly switches: SimulatorOptions;
  readonly says: string;
  readonly ask: Ask;
  /** The class of the question; by default one that opens now. */
  readonly wanted?: AddClass;
  readonly answer: unknown;
};

export const HOUR = 3_600_000;
