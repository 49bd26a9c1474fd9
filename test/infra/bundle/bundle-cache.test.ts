import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findOrBuild } from '../../../infra/bundle/bundle-cache.ts';
import { HOUR } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';

let root: string;
let builds: number;
const hoursAgo = (hours: number) => new Date(systemClock.now() - hours * HOUR);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'on-the-dot-bundle-cache-'));
  builds = 0;
  write('shared.ts', 'export const word = "one";');
  write('function.ts', 'import { word } from "./shared.ts"; console.log(word);');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Writes a source that is older than the build. */
function write(name: string, content: string): void {
  writeFileSync(join(root, name), content);
  utimesSync(join(root, name), hoursAgo(1), hoursAgo(1));
}

const bundles = (settings: readonly string[] = ['options'], meanwhile: () => void = () => undefined) =>
  findOrBuild({
    cacheDir: join(root, 'cache'),
    root,
    settings,
    async build(folder) {
      builds += 1;
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: ['function.ts'],
        outdir: folder,
        bundle: true,
        metafile: true,
      });
      meanwhile();
      return metafile;
    },
  });

test('bundles of unchanged sources are built once', async () => {
  const first = await bundles();

  expect(await bundles()).toBe(first);
  expect(builds).toBe(1);
  expect(readdirSync(first).toSorted()).toEqual(['function.js', 'inputs.json', 'last-use', 'metafile.json']);
});

test('a changed source is bundled again, also an imported one, and one with its old file times', async () => {
  await bundles();
  write('shared.ts', 'export const word = "two";');

  expect(readFileSync(join(await bundles(), 'function.js'), 'utf8')).toContain('two');
  expect(builds).toBe(2);
});

test('a source that is changed back gets its earlier bundles', async () => {
  const first = await bundles();
  write('shared.ts', 'export const word = "two";');
  await bundles();
  write('shared.ts', 'export const word = "one";');

  expect(await bundles()).toBe(first);
  expect(builds).toBe(2);
});

test('after a source is deleted or a setting is changed, earlier bundles are not used', async () => {
  await bundles(['options', 'a', 'b']);
  await bundles(['options', 'a']);
  expect(builds).toBe(2);

  rmSync(join(root, 'shared.ts'));

  await expect(bundles(['options', 'a'])).rejects.toThrow(/shared/);
});

test('a source that changes during the build is built again', async () => {
  const folder = await bundles(['options'], () => {
    if (builds > 1) return;
    writeFileSync(join(root, 'shared.ts'), 'export const word = "two";');
  });

  expect(readFileSync(join(folder, 'function.js'), 'utf8')).toContain('two');
  expect(builds).toBe(2);
});

test('only complete builds that were unused for a day are deleted', async () => {
  const first = await bundles(['first']);
  const second = await bundles(['second']);
  mkdirSync(join(root, 'cache', 'building-of-another-process'));
  utimesSync(join(first, 'last-use'), hoursAgo(25), hoursAgo(25));

  const third = await bundles(['third']);

  expect(
    readdirSync(join(root, 'cache'))
      .map((name) => join(root, 'cache', name))
      .toSorted(),
  ).toEqual([second, third, join(root, 'cache', 'building-of-another-process')].toSorted());
});
