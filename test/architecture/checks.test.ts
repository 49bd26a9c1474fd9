import { expect, test } from 'vitest';
import {
  findEnvironmentReads,
  findStopwatchReads,
  findTimers,
  findWallClockReads,
} from '../support/architecture/ambient.ts';
import { findCasts, findUnchecked } from '../support/architecture/escapes.ts';
import { readFunctions } from '../support/architecture/functions.ts';
import { findReachable, readImports } from '../support/architecture/imports.ts';
import { leaveOutKnown } from '../support/architecture/known.ts';
import { mayImport, mayUse, roomOf } from '../support/architecture/rooms.ts';
import { list, parse } from '../support/architecture/sources.ts';

// A check that finds nothing looks like a check that passes: these tests show each what it has to find.

const parseLines = (...lines: readonly string[]) => parse('lib/http/a.ts', lines.join('\n'));

test('all kinds of imports are found', () => {
  const source = parseLines(
    "import { b } from '../platform/b.ts';",
    "import type { c } from './c.ts';",
    "export * from './d.ts';",
    "export { e } from './e.ts';",
    "type F = import('./f.ts').F;",
    "const g = await import('./g.ts');",
    "import 'node:fs';",
  );

  expect(readImports(source).map(({ line, to, isPackage, isTypeOnly }) => [line, to, isPackage, isTypeOnly])).toEqual([
    [1, 'lib/platform/b.ts', false, false],
    [2, 'lib/http/c.ts', false, true],
    [3, 'lib/http/d.ts', false, false],
    [4, 'lib/http/e.ts', false, false],
    [5, 'lib/http/f.ts', false, true],
    [6, 'lib/http/g.ts', false, false],
    [7, 'node:fs', true, false],
  ]);
});

test('a cycle is found, also through a third file or a type import', () => {
  const imports = [
    parse('lib/a.ts', "import './b.ts';"),
    parse('lib/b.ts', "import type { C } from './c.ts';"),
    parse('lib/c.ts', "import './a.ts'; import './d.ts';"),
  ].flatMap(readImports);

  expect(findReachable(imports).get('lib/a.ts')).toEqual(new Set(['lib/b.ts', 'lib/c.ts', 'lib/a.ts', 'lib/d.ts']));
  expect(findReachable(imports).get('lib/d.ts')).toBeUndefined();
});

test('functions are measured with their names, a method from its key', () => {
  const source = parseLines(
    'function outer() {',
    '  const inner = () => {',
    '    call(() => 1);',
    '  };',
    '}',
    'export const made = { async method(',
    '  one: string,',
    ') {} };',
  );

  expect(readFunctions(source).map(({ what, line, lines }) => [what, line, lines])).toEqual([
    ['outer', 1, 5],
    ['inner', 2, 3],
    ['(anonymous)', 3, 1],
    ['method', 6, 3],
  ]);
});

test('casts, any and ! are found; as const, satisfies, comments and strings are not', () => {
  const source = parseLines(
    'const a = b as const satisfies C;',
    "const text = 'as any, new Date()'; // as any",
    'const d = e as F;',
    'const g: any = h!;',
    'class I { j!: string }',
  );

  expect(list(findCasts(source))).toEqual(['lib/http/a.ts:3 e as F']);
  expect(list(findUnchecked(source))).toEqual([
    'lib/http/a.ts:4 any',
    'lib/http/a.ts:4 h!',
    'lib/http/a.ts:5 j!: string',
  ]);
});

test('reads of a clock and of the environment are found', () => {
  const source = parseLines(
    'const at = new Date(0); const day = Date.parse(text);',
    'const clock = { now: Date.now };',
    'log(new Date(), Date());',
    'log(performance.now(), process.hrtime());',
    'log(process.env);',
  );

  expect(findWallClockReads(source).map(({ line }) => line)).toEqual([2, 3, 3]);
  expect(findStopwatchReads(source).map(({ line }) => line)).toEqual([4, 4]);
  expect(findEnvironmentReads(source).map(({ line }) => line)).toEqual([5]);
});

test('timers are found; their removal, the clock’s own timeout and a timeout’s name are not', () => {
  const source = parseLines(
    "import { setTimeout as sleep } from 'node:timers/promises';",
    'const timer = setTimeout(end, 5);',
    'setInterval(look, 5);',
    'const signal = AbortSignal.any([AbortSignal.timeout(5)]);',
    "clearTimeout(timer); clock.timeout(5); isNamed('setTimeout');",
  );

  expect(findTimers(source).map(({ line }) => line)).toEqual([1, 2, 3, 4]);
});

test('the deepest folder is the room, and only rooms above import it', () => {
  expect(roomOf('infra/commands/doctor/main.ts')).toBe('infra/commands/doctor');
  expect(roomOf('lib/unplanned/a.ts')).toBeUndefined();
  expect(mayImport('lib/routines', 'lib/platform')).toBe(true);
  expect(mayImport('lib/platform', 'lib/routines')).toBe(false);
  expect(mayImport('lib/firing', 'lib/calendar')).toBe(false);
  expect(mayImport('lib/compose', 'infra/catalog')).toBe(false);
  expect(mayImport('functions', 'infra/catalog')).toBe(false);
  expect(mayImport('infra/simulator', 'lib/aimharder')).toBe(false);
  expect(mayImport('infra/local', 'lib/aimharder')).toBe(true);
  expect(mayUse('infra/local', 'node:sqlite')).toBe(true);
  expect(mayUse('lib/firing', 'zod/mini')).toBe(false);
});

test('a known file is left out, and reported once nothing is found in it', () => {
  const found = { file: 'lib/a.ts', line: 3, what: 'is long' };

  expect(leaveOutKnown([found], ['lib/a.ts'])).toEqual([]);
  expect(leaveOutKnown([found], [])).toEqual([found]);
  expect(list(leaveOutKnown([], ['lib/a.ts']))).toEqual(['lib/a.ts:1 is known no longer: delete it from KNOWN']);
});
