import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/bundles.ts', 'test/support/seed.ts'],
    // Most tests wait for an opening: more of them than cores can wait side by side.
    maxWorkers: 5,
    // A deadline only ends a hang. It says nothing of speed, so it is far off for a machine that is ten times slower, too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
