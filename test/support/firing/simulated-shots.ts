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
  const percentile = (share: number) => {
    const at = (values: readonly number[]) =>
      Float64Array.from(values).sort()[Math.floor(share * values.length)] ?? Number.NaN;
    return at(shots.map(({ lateness }) => lateness)) - at(shots.map(({ oracle }) => oracle));
  };
  return {
    name,
    p50: percentile(0.5),
    p99: percentile(0.99),
    early: shots.filter(({ lateness }) => lateness < 0).length,
    chanceOfEarly: shots.reduce((sum, { chanceOfEarly }) => sum + chanceOfEarly, 0) / shots.length,
    probes: Math.max(...shots.map(({ probes }) => probes)),
  };
}
