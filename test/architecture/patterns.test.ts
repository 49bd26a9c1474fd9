import { expect, test } from 'vitest';
import { findSuperlinear } from '../support/architecture/pattern-growth.ts';
import { findBuilders, findPatterns, type Pattern, recordBuilt } from '../support/architecture/patterns.ts';
import { list, parse, readSources } from '../support/architecture/sources.ts';

/*
 * Anybody may send a text that is made to keep a regular expression busy, without a login, and so may AimHarder. No pattern may
 * take more than twice as long for a text that is twice as long.
 */

const sources = readSources('lib', 'functions');

const literals = sources.flatMap(findPatterns);
const builders = [...new Set(sources.flatMap(findBuilders).map(({ file }) => file))];

/** Finds the patterns among the given that are slower than linear, each with its attack. */
function slow(patterns: readonly Pattern[]) {
  const distinct = new Map(patterns.map((one) => [one.what, one]));
  return [...distinct.values()].flatMap((one) => {
    const growth = findSuperlinear(one.pattern);
    return growth ? list([{ ...one, what: `${one.what} by ${growth.attack}: ${growth.ratio.toFixed(1)}` }]) : [];
  });
}

test('the time of every pattern in the sources grows no faster than the text', () => {
  expect(literals.length).toBeGreaterThan(30);
  expect(slow(literals)).toEqual([]);
});

test('so does the time of every pattern that is built', async () => {
  const built = await recordBuilt(builders);

  expect(builders).toContain('lib/aimharder/booking-answer.ts');
  expect(built.length).toBeGreaterThan(5);
  expect(slow(built)).toEqual([]);
});

test.each([
  [/\s+$/, 'quadratic'],
  [/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'quadratic'],
  [/already .*hour/, 'quadratic'],
  [/full|late|(?:have|has) booked .*hour|no more/, 'quadratic'],
  [/^(?:a+)+$/, 'exponential'],
  [/^(\w|\d)*!$/, 'exponential'],
])('a planted pattern is found: %s is %s', (pattern) => {
  const planted = findPatterns(parse('lib/http/planted.ts', `const planted = ${pattern};`));

  expect(slow(planted)).toHaveLength(1);
});

test('a pattern that is built is found, wherever it stands', () => {
  const lines = ['const a = new RegExp(b);', 'const c = z.iso.datetime();', 'const d = RegExp(e);', 'f(/g/u);'];
  const source = parse('lib/http/planted.ts', lines.join('\n'));

  expect(findBuilders(source).map(({ line }) => line)).toEqual([1, 2, 3]);
  expect(list(findPatterns(source))).toEqual(['lib/http/planted.ts:4 /g/u']);
});
