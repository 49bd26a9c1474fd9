import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyBundles, watchBundles } from '../../../infra/bundle/watch-bundles.ts';

let folder: string;
let stop: () => void = () => undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'on-the-dot-watch-'));
  for (const name of ['sources/deep', 'built', 'target']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['one', 'two']) write(`built/${name}/index.cjs`, `first ${name}`);
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), content);
}
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const built = () => join(folder, 'built');
const target = () => join(folder, 'target');

/** Watches the sources, and resolves with the lines that the watching prints. */
function watching(build: () => Promise<string>) {
  const lines: string[] = [];
  stop = watchBundles({ folders: [join(folder, 'sources')], build, target: target(), log: (line) => lines.push(line) });
  return lines;
}

test('only a bundle that differs is replaced', () => {
  expect(copyBundles(built(), target())).toEqual(['one', 'two']);
  const before = statSync(join(target(), 'one/index.cjs')).ino;
  write('built/two/index.cjs', 'second two');

  expect(copyBundles(built(), target())).toEqual(['two']);
  expect(read('target/two/index.cjs')).toBe('second two');
  expect(statSync(join(target(), 'one/index.cjs')).ino).toBe(before);
  expect(readdirSync(join(target(), 'two'))).toEqual(['index.cjs']);
});

test('a changed source is bundled again, also in a nested folder', async () => {
  copyBundles(built(), target());
  const lines = watching(async () => built());
  write('built/one/index.cjs', 'second one');
  write('sources/deep/source.ts', 'changed');

  await expect.poll(() => lines).toEqual(['Changed: one']);
  expect(read('target/one/index.cjs')).toBe('second one');
});

test('if the bundles cannot be copied, the reason is printed', async () => {
  copyBundles(built(), target());
  write('target/one/index.cjs.new/blocks', 'the copy');
  write('built/one/index.cjs', 'second one');
  const lines = watching(async () => built());
  write('sources/source.ts', 'changed');

  await expect.poll(() => lines.join()).toMatch(/^The bundles cannot be copied: E\w+/);
});

test('after a source with an error the bundles stay unchanged, and the next change is bundled', async () => {
  copyBundles(built(), target());
  let isFaulty = true;
  const lines = watching(async () => {
    if (isFaulty) throw new Error('a comma is missing');
    return built();
  });
  write('sources/source.ts', 'faulty');
  await expect.poll(() => lines).toEqual(['The functions cannot be bundled, and stay as they are.']);
  expect(read('target/one/index.cjs')).toBe('first one');

  isFaulty = false;
  write('built/one/index.cjs', 'second one');
  write('sources/source.ts', 'mended');

  await expect.poll(() => lines.at(-1)).toBe('Changed: one');
});
