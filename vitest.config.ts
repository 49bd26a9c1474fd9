import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These need the functions' bundles, the local stack, processes of their own or many syntheses. */
const LOCAL = [
  'test/stories/!(month).test.ts',
  'test/infra/bundle/bundles.test.ts',
  'test/infra/catalog/openapi/document.test.ts',
  'test/infra/commands/{check,signals,start,doctor/main}.test.ts',
  'test/infra/constructs/{findings,history}.test.ts',
  'test/infra/local/{database-size,dynamodb,lambda,movable-clock}.test.ts',
  'test/infra/simulator/main.test.ts',
];

/** The files that take longest on one core, or wait longest (test/README.md, "What is slow"). */
const LONGEST = [
  'test/stories/home.test.ts',
  'test/stories/data-folder.test.ts',
  'test/stories/crash.test.ts',
  'test/stories/page-look.test.ts',
  'test/firing/evidence-matrix.test.ts',
  'test/stories/predecessor.test.ts',
  'test/stories/page-errors.test.ts',
  'test/firing/fault-matrix.test.ts',
  'test/stories/learning.test.ts',
  'test/firing/cancelling.test.ts',
  'test/stories/page-interrupted.test.ts',
  'test/stories/limits.test.ts',
  'test/stories/every-route.test.ts',
  'test/stories/month.test.ts',
  'test/stories/refresh.test.ts',
];

/** Starts the longest files first. If one of them started last, the other cores would wait for it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return rank === -1 ? LONGEST.length : rank;
    };
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

const setup = (...names: readonly string[]) => names.map((name) => `test/support/${name}.ts`);

/** `--mode unit` leaves out the files of LOCAL, and what only they need. */
export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    ...(mode === 'unit' ? { exclude: LOCAL, provide: { thorough: false } } : { provide: { thorough: true } }),
    setupFiles: setup('cpu-times'),
    globalSetup: setup('empty-bundles', 'seed', 'compile-cache', ...(mode === 'unit' ? [] : ['bundles', 'browser'])),
    // Most tests wait for an opening: more of them than cores can wait side by side.
    maxWorkers: 5,
    // Files share their process: to load every module anew for each costs more than most of the tests.
    isolate: false,
    // Node itself loads the modules, and strips their types. It is faster than Vite, and no test needs a transformed module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    sequence: { sequencer: LongestFirst },
    // Of what runs in the tests' own processes: bundles in the local stack's threads, and commands, are not seen. No figure is
    // required, because one would ask for empty tests.
    coverage: { provider: 'v8', include: ['lib/**/*.ts', 'infra/**/*.ts'], reporter: ['text-summary', 'html'] },
    // A deadline only ends a hang. It says nothing of speed, so it is far off for a machine that is ten times slower, too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 240_000 } },
  },
}));
