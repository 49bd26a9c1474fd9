import { expect, test } from 'vitest';
import {
  findEnvironmentReads,
  findStopwatchReads,
  findTimers,
  findUnlimitedClients,
  findWallClockReads,
} from '../support/architecture/ambient.ts';
import { list, readSources } from '../support/architecture/sources.ts';

const sources = readSources('.', 'lib', 'functions', 'infra', 'test');

/** The clock itself, that of the page, the worker that moves it under a function in tests, and the test that holds it against the platform's. */
const CLOCK = [
  'lib/platform/system-clock.ts',
  'lib/page/browser-clock.ts',
  'infra/local/lambda-worker.mjs',
  'test/platform/system-clock.test.ts',
];
const others = sources.filter(({ file }) => !CLOCK.includes(file));

test('the time of day is read in one place', () => {
  expect(list(others.flatMap(findWallClockReads))).toEqual([]);
});

test('elapsed time is measured in one place, except by tests', () => {
  expect(list(others.filter(({ file }) => !file.startsWith('test/')).flatMap(findStopwatchReads))).toEqual([]);
});

test('lib waits by its clock, so that a test can wait by another', () => {
  const waiting = sources.filter(({ file }) => file.startsWith('lib/') && !CLOCK.includes(file));

  expect(list(waiting.flatMap(findTimers))).toEqual([]);
});

test('each client of AWS gives up a lost request, except the one of SES, whose mails have a deadline', () => {
  const unlimited = sources.filter(({ file }) => file.startsWith('lib/')).flatMap(findUnlimitedClients);

  expect(unlimited.map(({ what }) => what)).toEqual(['new SESv2Client({})']);
});

test('lib does not read the environment: functions pass it on', () => {
  expect(list(sources.filter(({ file }) => file.startsWith('lib/')).flatMap(findEnvironmentReads))).toEqual([]);
});
