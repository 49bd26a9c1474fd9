import { expect, test } from 'vitest';
import { computeOpening, toInstant } from '../../lib/boxes/opening.ts';

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
  expect(utc(toInstant({ day, time }, timezone))).toBe(expected);
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
  ['the Canaries over the autumn change', '2026-10-28', '19:30', 4, 'Atlantic/Canary', '2026-10-24T18:30'],
  ['New York over its own autumn change', '2026-11-03', '18:00', 3, 'America/New_York', '2026-10-31T22:00'],
  ['into the hour skipped in the Canaries', '2026-04-01', '01:30', 3, 'Atlantic/Canary', '2026-03-29T01:30'],
  ['into the hour repeated in the Canaries', '2026-10-28', '01:30', 3, 'Atlantic/Canary', '2026-10-25T00:30'],
  ['into the hour skipped in New York', '2026-03-10', '02:30', 2, 'America/New_York', '2026-03-08T07:30'],
  ['into the hour repeated in New York', '2026-11-03', '01:30', 2, 'America/New_York', '2026-11-01T05:30'],
])('days: %s', (_name, day, time, amount, timezone, expected) => {
  expect(utc(computeOpening({ day, time }, { daysBefore: amount }, timezone))).toBe(expected);
});

test.each([
  ['no change between', '2026-06-10', '07:00', 72, 'Europe/Madrid', '2026-06-07T05:00'],
  ['elapsed over the autumn change', '2026-10-26', '08:00', 48, 'Europe/Madrid', '2026-10-24T07:00'],
  ['elapsed over the spring change', '2026-03-30', '08:00', 48, 'Europe/Madrid', '2026-03-28T06:00'],
  ['no change between, in the Canaries', '2026-06-10', '07:00', 72, 'Atlantic/Canary', '2026-06-07T06:00'],
  ['elapsed over the autumn change there', '2026-10-26', '08:00', 48, 'Atlantic/Canary', '2026-10-24T08:00'],
  ['elapsed over the spring change there', '2026-03-30', '08:00', 48, 'Atlantic/Canary', '2026-03-28T07:00'],
  ['no change between, in New York', '2026-06-10', '07:00', 72, 'America/New_York', '2026-06-07T11:00'],
  ['elapsed over New York’s autumn change', '2026-11-02', '08:00', 48, 'America/New_York', '2026-10-31T13:00'],
  ['elapsed over New York’s spring change', '2026-03-09', '08:00', 48, 'America/New_York', '2026-03-07T12:00'],
])('hours: %s', (_name, day, time, amount, timezone, expected) => {
  expect(utc(computeOpening({ day, time }, { hoursBefore: amount }, timezone))).toBe(expected);
});

test.each([
  ['noon two days ahead', '2026-06-10', '07:00', 2, '12:00', 'Europe/Madrid', '2026-06-08T10:00'],
  ['midnight of the same day', '2026-06-10', '07:00', 0, '00:00', 'Europe/Madrid', '2026-06-09T22:00'],
  ['over the autumn change', '2026-10-26', '07:00', 2, '18:30', 'Europe/Madrid', '2026-10-24T16:30'],
  ['over the spring change', '2026-03-30', '07:00', 2, '18:30', 'Europe/Madrid', '2026-03-28T17:30'],
  ['on the day of the spring change, skipped', '2026-03-30', '07:00', 1, '02:30', 'Europe/Madrid', '2026-03-29T01:30'],
  [
    'on the day of the autumn change, in the Canaries',
    '2026-10-26',
    '07:00',
    1,
    '12:00',
    'Atlantic/Canary',
    '2026-10-25T12:00',
  ],
  ['New York over its autumn change', '2026-11-02', '07:00', 2, '12:00', 'America/New_York', '2026-10-31T16:00'],
  ['New York over its spring change', '2026-03-09', '07:00', 2, '12:00', 'America/New_York', '2026-03-07T17:00'],
  ['skipped in New York', '2026-03-09', '07:00', 1, '02:30', 'America/New_York', '2026-03-08T07:30'],
  ['repeated in New York: the first', '2026-11-02', '07:00', 1, '01:30', 'America/New_York', '2026-11-01T05:30'],
  ['repeated, mainland: the first', '2026-10-26', '07:00', 1, '02:30', 'Europe/Madrid', '2026-10-25T00:30'],
  ['on the day of the spring change', '2026-03-31', '07:00', 2, '12:00', 'Europe/Madrid', '2026-03-29T10:00'],
  ['on the day of the autumn change', '2026-10-27', '07:00', 2, '12:00', 'Europe/Madrid', '2026-10-25T11:00'],
  ['the Canaries over the spring change', '2026-03-30', '07:00', 2, '18:30', 'Atlantic/Canary', '2026-03-28T18:30'],
  ['the Canaries over the autumn change', '2026-10-26', '07:00', 2, '18:30', 'Atlantic/Canary', '2026-10-24T17:30'],
  ['skipped in the Canaries', '2026-03-30', '07:00', 1, '01:30', 'Atlantic/Canary', '2026-03-29T01:30'],
  ['repeated in the Canaries: the first', '2026-10-26', '07:00', 1, '01:30', 'Atlantic/Canary', '2026-10-25T00:30'],
])('days at a fixed time: %s', (_name, day, start, daysBefore, time, timezone, expected) => {
  expect(utc(computeOpening({ day, time: start }, { daysBefore, time }, timezone))).toBe(expected);
});

test.each([
  ['a Monday: the day before', '2026-06-08', '07:00', 7, '17:30', 'Europe/Madrid', '2026-06-07T15:30'],
  ['a Saturday: six days before', '2026-06-13', '10:00', 7, '17:30', 'Europe/Madrid', '2026-06-07T15:30'],
  [
    'a Sunday morning belongs to the week that ends',
    '2026-06-14',
    '10:00',
    7,
    '17:30',
    'Europe/Madrid',
    '2026-06-07T15:30',
  ],
  ['a Sunday evening too', '2026-06-14', '19:00', 7, '17:30', 'Europe/Madrid', '2026-06-07T15:30'],
  [
    'Fridays open the week after, not the Saturday',
    '2026-06-13',
    '10:00',
    5,
    '20:00',
    'Europe/Madrid',
    '2026-06-05T18:00',
  ],
  ['Fridays, for the Monday', '2026-06-15', '10:00', 5, '20:00', 'Europe/Madrid', '2026-06-12T18:00'],
  ['on the day of the autumn change, after it', '2026-10-28', '08:00', 7, '17:30', 'Europe/Madrid', '2026-10-25T16:30'],
  ['the week after it', '2026-11-04', '08:00', 7, '17:30', 'Europe/Madrid', '2026-11-01T16:30'],
  ['the week before it', '2026-10-21', '08:00', 7, '17:30', 'Europe/Madrid', '2026-10-18T15:30'],
  ['on the day of the spring change, after it', '2026-04-01', '08:00', 7, '17:30', 'Europe/Madrid', '2026-03-29T15:30'],
  ['in the hour that is skipped', '2026-04-01', '08:00', 7, '02:30', 'Europe/Madrid', '2026-03-29T01:30'],
  ['in the hour that comes twice: the first', '2026-10-28', '08:00', 7, '02:30', 'Europe/Madrid', '2026-10-25T00:30'],
  ['the Canaries, spring change', '2026-04-01', '08:00', 7, '17:30', 'Atlantic/Canary', '2026-03-29T16:30'],
  ['the Canaries, autumn change', '2026-10-28', '08:00', 7, '17:30', 'Atlantic/Canary', '2026-10-25T17:30'],
  ['New York, spring change', '2026-03-11', '08:00', 7, '21:00', 'America/New_York', '2026-03-09T01:00'],
  ['New York, autumn change', '2026-11-04', '08:00', 7, '21:00', 'America/New_York', '2026-11-02T02:00'],
  ['over a year’s end', '2027-01-01', '10:00', 7, '17:30', 'Europe/Madrid', '2026-12-27T16:30'],
])('a weekday for the week after: %s', (_name, day, start, weekday, time, timezone, expected) => {
  expect(utc(computeOpening({ day, time: start }, { weekday, time }, timezone))).toBe(expected);
});
