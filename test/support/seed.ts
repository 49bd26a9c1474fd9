import { randomInt } from 'node:crypto';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The seed of this run's property tests, and of what a brief run draws (support/share.ts). */
    seed: number;
    /** Whether the tests may take their time: not in `npm run test:unit` (vitest.config.ts). */
    thorough: boolean;
  }
}

/** Draws one fresh seed for a run, and prints it. `SEED=<n>` runs the tests with an earlier one again. */
export default function setup({ provide }: TestProject) {
  if (!process.env['SEED']) {
    process.env['SEED'] = String(randomInt(2 ** 31));
    console.log(`What is drawn: SEED=${process.env['SEED']}`);
  }
  provide('seed', Number(process.env['SEED']));
}
