import fc from 'fast-check';
import { inject } from 'vitest';

/** Names one case of a property: the seed and the path that fast-check prints when the property fails. */
export type Replay = { readonly seed: number; readonly path: string };

type Property<Case> = fc.IAsyncPropertyWithHooks<Case> | fc.IPropertyWithHooks<Case>;

/** Returns fast-check's parameters for a case that is run alone. */
export const alone = ({ seed, path }: Replay) => ({ seed, path, numRuns: 1, endOnFailure: true });

/**
 * The share of the fresh cases that `npm run test:unit` runs, which is run at every change and draws new cases each time. The
 * full run, before a commit, runs all of them. Both run the examples and the cases that failed once.
 */
const BRIEF = 0.25;

/**
 * Checks a property with the run's fresh seed (support/seed.ts), and before that the cases in which it failed once.
 *
 * @param numRuns how many fresh cases in the full run.
 * @param failedOnce cases that have found a fault, which is fixed.
 * @throws fast-check's report, with the seed and the path to add to `failedOnce`.
 */
export async function assertProperty<Case>(
  property: Property<Case>,
  { failedOnce = [], numRuns = 100, ...fresh }: fc.Parameters<Case> & { readonly failedOnce?: readonly Replay[] } = {},
): Promise<void> {
  for (const replay of failedOnce) await fc.assert(property, alone(replay));
  const runs = inject('thorough') ? numRuns : Math.ceil(numRuns * BRIEF);
  await fc.assert(property, { ...fresh, numRuns: runs, seed: inject('seed') });
}
