import { expect, test } from 'vitest';
import { findCasts, findUnchecked } from '../support/architecture/escapes.ts';
import { KNOWN, leaveOutKnown } from '../support/architecture/known.ts';
import { list, readSources } from '../support/architecture/sources.ts';

/** Give types to what comes without one: the environment, a message from another thread, a bundle's exports. */
const DECODERS: readonly string[] = ['lib/platform/environment.ts'];

const sources = readSources('.', 'lib', 'functions', 'infra', 'test');

test('only decoders assert types', () => {
  const casts = sources.filter(({ file }) => !file.startsWith('test/')).flatMap(findCasts);

  expect(list(leaveOutKnown(casts, [...DECODERS, ...KNOWN.casts]))).toEqual([]);
});

test('no type is any, and no value is asserted present by !', () => {
  expect(list(sources.flatMap(findUnchecked))).toEqual([]);
});
