import { expect, test } from 'vitest';
import { readFunctions } from '../support/architecture/functions.ts';
import { KNOWN, leaveOutKnown } from '../support/architecture/known.ts';
import { list, readSources } from '../support/architecture/sources.ts';

const production = readSources('.', 'lib', 'functions', 'infra');
const tests = readSources('test');
const support = tests.filter(({ file }) => file.startsWith('test/support/'));

const LONGEST_FUNCTION = 60;
/** The 95th percentile of functions of two lines and more; single lines would only dilute it. */
const LONGEST_FUNCTION_P95 = 30;
const LONGEST_FILE = 250;
const LONGEST_TEST_FILE = 300;

test(`no function is longer than ${LONGEST_FUNCTION} lines`, () => {
  const long = [...production, ...support]
    .flatMap(readFunctions)
    .filter(({ lines }) => lines > LONGEST_FUNCTION)
    .map(({ what, lines, ...at }) => ({ ...at, what: `${what} has ${lines} lines` }));

  expect(list(leaveOutKnown(long, KNOWN.longFunctions))).toEqual([]);
});

test(`95 of 100 functions have at most ${LONGEST_FUNCTION_P95} lines`, () => {
  const functions = production
    .filter(({ file }) => !KNOWN.longFunctions.includes(file))
    .flatMap(readFunctions)
    .filter(({ lines }) => lines > 1);
  const long = functions
    .filter(({ lines }) => lines > LONGEST_FUNCTION_P95)
    .map(({ what, lines, ...at }) => ({ ...at, what: `${what} has ${lines} lines` }));

  expect(long.length > functions.length / 20 ? list(long) : []).toEqual([]);
});

test(`no file is longer than ${LONGEST_FILE} lines, no test than ${LONGEST_TEST_FILE}`, () => {
  const long = [...production, ...tests].flatMap(({ file, text }) => {
    const lines = text.trimEnd().split('\n').length;
    const most = file.startsWith('test/') ? LONGEST_TEST_FILE : LONGEST_FILE;
    return lines > most ? [{ file, line: most + 1, what: `has ${lines} lines` }] : [];
  });

  expect(list(leaveOutKnown(long, KNOWN.longFiles))).toEqual([]);
});
