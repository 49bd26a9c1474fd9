import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/**
 * Lets the tests' processes, and the commands that they start, find what V8 has compiled of their modules in an earlier process. A
 * coverage report is exact only without that.
 */
export default function setup({ vitest }: TestProject) {
  if (vitest.config.coverage.enabled) return;
  process.env['NODE_COMPILE_CACHE'] ??= join(vitest.config.root, 'node_modules/.cache/on-the-dot/compiled');
}
