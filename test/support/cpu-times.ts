import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';

/*
 * `CPU_TIMES=<file> npm test` adds a line to that file for each file of tests: the seconds of CPU time of its tests and
 * hooks, without its imports; the seconds that passed, with its imports; and its path. Browsers and commands, which are processes of their own, are not counted.
 */

const file = process.env['CPU_TIMES'];
if (file) measure(file);

function measure(into: string): void {
  const startedAt = performance.now();
  let before: NodeJS.CpuUsage;
  beforeAll(() => {
    before = process.cpuUsage();
  });
  afterAll(() => {
    const { user, system } = process.cpuUsage(before);
    const seconds = [(user + system) / 1e6, (performance.now() - startedAt) / 1e3].map((value) => value.toFixed(1));
    const path = relative(process.cwd(), expect.getState().testPath ?? '');
    appendFileSync(into, `${[...seconds, path].join(' ')}\n`);
  });
}
