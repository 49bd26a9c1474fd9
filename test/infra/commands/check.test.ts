import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';

/** The command beside stand-ins of its checks, which it finds in the PATH. */
const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const standIn = (name: string, script: string) =>
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

beforeEach(() => {
  for (const name of ['tsc', 'biome', 'knip']) standIn(name, `echo ${name} has nothing to say`);
  standIn('tests', 'echo tests ran');
});

function check(...command: readonly string[]) {
  const env = { ...process.env, PATH: folder, NODE_OPTIONS: '' };
  const { status, stdout } = spawnSync(process.execPath, ['infra/commands/check.ts', ...command], {
    env,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n') };
}

const GREEN = ['✓ tsc', '✓ tsc -p lib/page', '✓ biome check --error-on-warnings', '✓ knip'];

test('the checks alone: what finds nothing is one line', () => {
  expect(check()).toEqual({ status: 0, lines: GREEN });
});

test('tests are shown first, with their arguments', () => {
  standIn('tests', 'echo tests ran "$@"');

  expect(check('tests', 'run', '--project')).toEqual({ status: 0, lines: ['tests ran run --project', ...GREEN] });
});

test.each(['tsc', 'biome', 'knip'])('a finding of %s is shown after the tests, and fails the command', (name) => {
  standIn(name, 'echo one finding; echo another >&2; exit 2');

  const { status, lines } = check('tests');

  expect(status).toBe(1);
  expect(lines[0]).toBe('tests ran');
  const failed = lines.findIndex((line) => line.includes(`✗ ${name}`));
  expect(lines.slice(failed + 1, failed + 3).toSorted()).toEqual(['another', 'one finding']);
  expect(lines.filter((line) => line.startsWith('✓'))).toHaveLength(name === 'tsc' ? 2 : 3);
});

test('tests that fail, fail the command, and the checks are told all the same', () => {
  standIn('tests', 'echo one failed; exit 1');

  expect(check('tests')).toEqual({ status: 1, lines: ['one failed', ...GREEN] });
});

test('tests that a signal ends, fail the command', () => {
  standIn('tests', 'kill -9 $$');

  expect(check('tests')).toEqual({ status: 1, lines: GREEN });
});

test('a check that is not installed fails the command, and is named', () => {
  rmSync(join(folder, 'knip'));

  const { status, lines } = check();

  expect(status).toBe(1);
  expect(lines.at(-2)).toContain('✗ knip');
  expect(lines.at(-1)).toContain('spawn knip ENOENT');
});
