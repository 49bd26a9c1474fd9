import { expect, test } from 'vitest';
import { findReachable, readImports } from '../support/architecture/imports.ts';
import { KNOWN, leaveOutKnown } from '../support/architecture/known.ts';
import { DOORS, mayImport, mayUse, PURE, ROOMS, roomOf } from '../support/architecture/rooms.ts';
import { list, readSources } from '../support/architecture/sources.ts';

const sources = readSources('.', 'lib', 'functions', 'infra', 'test');
const all = sources.flatMap(readImports);
const files = all.filter(({ isPackage }) => !isPackage);
const isTest = (file: string) => file.startsWith('test/');

/** Imports of production code that the order of the rooms forbids. */
const forbidden = files.filter(({ file, to }) => !isTest(file) && !mayImport(roomOf(file), roomOf(to)));

test('every source is in a room of the tables, and everything that the tables name exists', () => {
  const present = sources.map(({ file }) => file);
  const outside = present.filter((file) => !isTest(file) && !roomOf(file));
  const rooms = new Set(present.map(roomOf));

  expect(outside.map((file) => `${file}:1 stands in no room of test/support/architecture/rooms.ts`)).toEqual([]);
  expect(ROOMS.filter((room) => !rooms.has(room))).toEqual([]);
  expect(PURE.filter((file) => !present.includes(file))).toEqual([]);
});

test('an import between the rooms of lib goes down the spine, also a type import', () => {
  expect(list(forbidden.filter(({ file }) => file.startsWith('lib/')))).toEqual([]);
});

test('functions import only lib, and the rooms of infra only what their table allows', () => {
  expect(list(forbidden.filter(({ file }) => !file.startsWith('lib/')))).toEqual([]);
});

test('only the firing function imports lib/firing, and only routes import the inside of lib/http', () => {
  const intruders = files.filter(({ file, to }) =>
    DOORS.some(({ of, opensTo }) => of.test(to) && roomOf(file) !== roomOf(to) && !isTest(file) && !opensTo.test(file)),
  );

  expect(list(intruders)).toEqual([]);
});

test('a room uses only the packages of its table', () => {
  const strays = all.filter(({ file, to, isPackage }) => isPackage && !isTest(file) && !mayUse(roomOf(file), to));

  expect(list(strays)).toEqual([]);
});

test('only tests import test, and no file imports a test file', () => {
  const strays = files.filter(({ file, to }) => (isTest(to) && !isTest(file)) || to.endsWith('.test.ts'));

  expect(list(strays)).toEqual([]);
});

test('the support of tests does not import the benchmarks', () => {
  const strays = files.filter(({ file, to }) => file.startsWith('test/support/') && to.startsWith('test/bench/'));

  expect(list(strays)).toEqual([]);
});

test('no import closes a cycle between files, a type import included', () => {
  const reached = findReachable(files);
  const closing = files.filter(({ file, to }) => to === file || reached.get(to)?.has(file));

  expect(list(closing)).toEqual([]);
});

test('pure rules load no SDK and no system module', () => {
  const loaded = findReachable(files.filter(({ isTypeOnly }) => !isTypeOnly));
  const impure = all.filter(({ to, isTypeOnly }) => !isTypeOnly && /^(@aws-sdk|@middy|node:(?!crypto$))/.test(to));
  const reaching = PURE.flatMap((file) =>
    impure
      .filter((found) => found.file === file || loaded.get(file)?.has(found.file))
      .map((found) => ({ file, line: 1, what: `reaches ${found.file}:${found.line}, which ${found.what}` })),
  );

  expect(list(leaveOutKnown(reaching, KNOWN.impure))).toEqual([]);
});
