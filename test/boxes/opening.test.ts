import { expect, test } from 'vitest';
import { instantOf, opensAt } from '../../lib/boxes/opening.ts';

const utc = (instant: number) => new Date(instant).toISOString().slice(0, 16);

test.each([
  ['winter time, mainland', '2026-01-15', '08:00', 'Europe/Madrid', '2026-01-15T07:00'],
  ['summer time, mainland', '2026-07-15', '08:00', 'Europe/Madrid', '2026-07-15T06:00'],
  ['winter time, Canaries', '2026-01-15', '08:00', 'Atlantic/Canary', '2026-01-15T08:00'],
  ['summer time, Canaries', '2026-07-15', '08:00', 'Atlantic/Canary', '2026-07-15T07:00'],
  ['New York', '2026-07-15', '08:00', 'America/New_York', '2026-07-15T12:00'],
  ['a zone named in three parts', '2026-07-15', '08:00', 'America/Argentina/Buenos_Aires', '2026-07-15T11:00'],
  ['skipped by the change: moved forward', '2026-03-29', '02:30', 'Europe/Madrid', '2026-03-29T01:30'],
  ['skipped in the Canaries', '2026-03-29', '01:30', 'Atlantic/Canary', '2026-03-29T01:30'],
  ['skipped in New York', '2026-03-08', '02:30', 'America/New_York', '2026-03-08T07:30'],
  ['comes twice: the first is meant', '2026-10-25', '02:30', 'Europe/Madrid', '2026-10-25T00:30'],
  ['comes twice in the Canaries', '2026-10-25', '01:30', 'Atlantic/Canary', '2026-10-25T00:30'],
  ['comes twice in New York', '2026-11-01', '01:30', 'America/New_York', '2026-11-01T05:30'],
  ['the last minute before the change', '2026-03-29', '01:59', 'Europe/Madrid', '2026-03-29T00:59'],
  ['the first minute after the change', '2026-03-29', '03:00', 'Europe/Madrid', '2026-03-29T01:00'],
  ['the first minute after the repeated hour', '2026-10-25', '03:00', 'Europe/Madrid', '2026-10-25T02:00'],
])('%s: %s %s in %s is %sZ', (_name, day, time, timezone, expected) => {
  expect(utc(instantOf({ day, time }, timezone))).toBe(expected);
});

test.each([
  [
    'the predecessor’s worked case: 4 days over the autumn change',
    '2025-10-28',
    '08:00',
    4,
    'Europe/Madrid',
    '2025-10-24T06:00',
  ],
  ['4 days over the spring change', '2026-03-31', '19:30', 4, 'Europe/Madrid', '2026-03-27T18:30'],
  ['no change between', '2026-06-10', '07:00', 7, 'Europe/Madrid', '2026-06-03T05:00'],
  ['over a year’s end', '2026-01-02', '10:00', 3, 'Europe/Madrid', '2025-12-30T09:00'],
  ['over a leap day', '2028-03-01', '10:00', 1, 'Europe/Madrid', '2028-02-29T09:00'],
  ['the opening falls into the skipped hour', '2026-04-01', '02:30', 3, 'Europe/Madrid', '2026-03-29T01:30'],
  ['the opening falls into the repeated hour', '2026-10-28', '02:30', 3, 'Europe/Madrid', '2026-10-25T00:30'],
  ['the Canaries over the spring change', '2026-03-31', '19:30', 4, 'Atlantic/Canary', '2026-03-27T19:30'],
  ['New York over its own spring change', '2026-03-10', '18:00', 3, 'America/New_York', '2026-03-07T23:00'],
])('days: %s', (_name, day, time, amount, timezone, expected) => {
  expect(utc(opensAt({ day, time }, { unit: 'days', amount }, timezone))).toBe(expected);
});

test.each([
  ['no change between', '2026-06-10', '07:00', 72, '2026-06-07T05:00'],
  ['elapsed hours over the autumn change', '2026-10-26', '08:00', 48, '2026-10-24T07:00'],
  ['elapsed hours over the spring change', '2026-03-30', '08:00', 48, '2026-03-28T06:00'],
])('hours: %s', (_name, day, time, amount, expected) => {
  expect(utc(opensAt({ day, time }, { unit: 'hours', amount }, 'Europe/Madrid'))).toBe(expected);
});
