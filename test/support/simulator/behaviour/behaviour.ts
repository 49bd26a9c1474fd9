import type { AddClass, SimulatorOptions } from '../../../../infra/simulator/simulator.ts';
import type { Ask } from './questions.ts';

/** Switches thrown → what is asked → the expected answer. Times are those of a Thursday, 12:00 in Madrid. */
export type Behaviour = {
  readonly switches: SimulatorOptions;
  readonly says: string;
  readonly ask: Ask;
  /** The class that is asked for; by default one that opens now. */
  readonly wanted?: AddClass;
  readonly answer: unknown;
};

export const HOUR = 3_600_000;
