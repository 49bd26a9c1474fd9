import type { PathKind } from './path-kinds.ts';
import { seeded } from './simulated-path.ts';
import { simulatePool } from './simulated-pool.ts';
import { type SimulatedShot, simulateShot } from './simulated-shot.ts';

/** Many shots over one kind of path. */
export type KindSummary = {
  readonly name: string;
  /** The lateness of the shots minus that of an oracle's, at the 50th and the 99th percentile, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The same of the mean of the middle half. Over a path with two humps, the median may jump from one hump to the other. */
  readonly middle: number;
  /** How many arrived before the opening. */
  readonly early: number;
  /** The mean probability of that, computed from the path's distribution and not from its draws. */
  readonly chanceOfEarly: number;
  /** How many probes a firing sent at most. */
  readonly probes: number;
};

/** How many share a process where its members want the same class. */
export const SHARING = 8;

/** Simulates so many shots over one kind of path; the same ones for the same seed. @param sharing how many share a process. */
export function simulateShots(kind: PathKind, shots: number, seed: number, sharing = 1): KindSummary {
  const random = seeded(seed);
  const simulated =
    sharing === 1
      ? Array.from({ length: shots }, () => simulateShot(kind, random))
      : Array.from({ length: shots / sharing }, () => simulatePool(kind, { members: sharing }, random)).flat();
  return summarizeShots(kind, simulated);
}

/** Summarizes shots over one kind of path. */
export function summarizeShots({ name }: PathKind, shots: readonly SimulatedShot[]): KindSummary {
  const oracles = sorted(shots.map(({ oracle }) => oracle));
  const latenesses = sorted(shots.map(({ lateness }) => lateness));
  const beyondOracle = (measure: (values: Float64Array) => number) => measure(latenesses) - measure(oracles);
  return {
    name,
    p50: beyondOracle((values) => percentile(values, 0.5)),
    p99: beyondOracle((values) => percentile(values, 0.99)),
    middle: beyondOracle(middle),
    early: shots.filter(({ lateness }) => lateness < 0).length,
    chanceOfEarly: shots.reduce((sum, { chanceOfEarly }) => sum + chanceOfEarly, 0) / shots.length,
    probes: Math.max(...shots.map(({ probes }) => probes)),
  };
}

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

const percentile = (values: Float64Array, share: number): number =>
  values[Math.floor(share * values.length)] ?? Number.NaN;

/** Returns the mean of the middle half of sorted values. */
function middle(values: Float64Array): number {
  const half = values.subarray(Math.floor(values.length / 4), Math.ceil((3 * values.length) / 4));
  return half.reduce((sum, value) => sum + value, 0) / half.length;
}
