import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/bundles.ts', 'test/support/seed.ts'],
    // Most tests wait for an opening: more of them than cores can wait side by side.
    maxWorkers: 5,
    testTimeout: 30_000,
    hookTimeout: 20_000,
  },
});
