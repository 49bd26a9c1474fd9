import type { PathKind } from './path-kinds.ts';
import { seeded } from './simulated-path.ts';
import { simulateShot } from './simulated-shot.ts';

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
};

/** Simulates so many shots over one kind of path; the same ones for the same seed. */
export function simulateShots(kind: PathKind, shots: number, seed: number): KindSummary {
  const random = seeded(seed);
  const simulated = Array.from({ length: shots }, () => simulateShot(kind, random));
  const percentile = (share: number) => {
    const at = (values: readonly number[]) => Float64Array.from(values).sort()[Math.floor(share * shots)] ?? Number.NaN;
    return at(simulated.map(({ lateness }) => lateness)) - at(simulated.map(({ oracle }) => oracle));
  };
  return {
    name: kind.name,
    p50: percentile(0.5),
    p99: percentile(0.99),
    early: simulated.filter(({ lateness }) => lateness < 0).length,
    chanceOfEarly: simulated.reduce((sum, { chanceOfEarly }) => sum + chanceOfEarly, 0) / shots,
  };
}
