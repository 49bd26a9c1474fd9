import { describe, expect, test } from 'vitest';
import {
  isSameClass,
  isWanted,
  nextPlanAfterOpening,
  occurrences,
  type Pause,
  type Routine,
} from '../../lib/routines/routine.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MADRID = () => 'Europe/Madrid';
const at = (iso: string) => Date.parse(iso);

const routine = (terms: Partial<Routine> = {}): Routine => ({
  ...{ id: 'tuesdays', box: 'crossfit-demo', boxId: '9001', weekday: 2, startsAt: '18:00', className: 'WOD' },
  ...{ familyId: null, whenFull: 'waitlist', from: null, until: null, opening: null, skip: [] },
  ...{ createdAt: 0, planAt: null, problem: null, told: null, timesTold: 0 },
  ...terms,
});
const pause = (from: string, until: string, routineId: string | null = null): Pause => ({ from, until, routineId });

/** The first few dates, as instants. */
function starts(
  wanted: Routine,
  after: string,
  { pauses = [] as readonly Pause[], zone = 'Europe/Madrid', count = 3 } = {},
) {
  const found: string[] = [];
  for (const { startsAt } of occurrences(wanted, pauses, at(after), zone)) {
    if (found.push(new Date(startsAt).toISOString().slice(0, 16)) === count) break;
  }
  return found;
}

describe('a routine’s dates', () => {
  test.each([
    [
      'in spring keep the wall clock',
      routine(),
      '2026-03-23T00:00Z',
      ['2026-03-24T17:00', '2026-03-31T16:00', '2026-04-07T16:00'],
    ],
    [
      'in autumn keep the wall clock',
      routine(),
      '2026-10-19T00:00Z',
      ['2026-10-20T16:00', '2026-10-27T17:00', '2026-11-03T17:00'],
    ],
    [
      'in the hour that is skipped come an hour later',
      routine({ weekday: 7, startsAt: '02:30' }),
      '2026-03-22T12:00Z',
      ['2026-03-29T01:30', '2026-04-05T00:30', '2026-04-12T00:30'],
    ],
    [
      'in the hour that comes twice come the first time',
      routine({ weekday: 7, startsAt: '02:30' }),
      '2026-10-18T12:00Z',
      ['2026-10-25T00:30', '2026-11-01T01:30', '2026-11-08T01:30'],
    ],
    [
      'go on over a year’s end',
      routine({ weekday: 4 }),
      '2026-12-24T00:00Z',
      ['2026-12-24T17:00', '2026-12-31T17:00', '2027-01-07T17:00'],
    ],
    [
      'go on over a leap day',
      routine(),
      '2028-02-23T00:00Z',
      ['2028-02-29T17:00', '2028-03-07T17:00', '2028-03-14T17:00'],
    ],
    [
      'leave out the class that has just started',
      routine(),
      '2026-06-02T16:00:00Z',
      ['2026-06-09T16:00', '2026-06-16T16:00', '2026-06-23T16:00'],
    ],
    [
      'hold the class that is about to start',
      routine(),
      '2026-06-02T15:59:59.999Z',
      ['2026-06-02T16:00', '2026-06-09T16:00', '2026-06-16T16:00'],
    ],
    [
      'begin with their first day',
      routine({ from: '2026-06-09' }),
      '2026-06-01T00:00Z',
      ['2026-06-09T16:00', '2026-06-16T16:00', '2026-06-23T16:00'],
    ],
    [
      'begin after a first day that is no such weekday',
      routine({ from: '2026-06-10' }),
      '2026-06-01T00:00Z',
      ['2026-06-16T16:00', '2026-06-23T16:00', '2026-06-30T16:00'],
    ],
    [
      'end with their last day',
      routine({ until: '2026-06-09' }),
      '2026-06-01T00:00Z',
      ['2026-06-02T16:00', '2026-06-09T16:00'],
    ],
    ['are none when the last day is over', routine({ until: '2026-05-26' }), '2026-06-01T00:00Z', []],
    [
      'leave out those skipped',
      routine({ skip: ['2026-06-09'] }),
      '2026-06-01T00:00Z',
      ['2026-06-02T16:00', '2026-06-16T16:00', '2026-06-23T16:00'],
    ],
  ])('%s', (_name, wanted, after, expected) => {
    expect(starts(wanted, after)).toEqual(expected);
  });

  test.each([
    ['both ends', [pause('2026-06-02', '2026-06-09')], ['2026-06-16T16:00', '2026-06-23T16:00', '2026-06-30T16:00']],
    ['one day', [pause('2026-06-09', '2026-06-09')], ['2026-06-02T16:00', '2026-06-16T16:00', '2026-06-23T16:00']],
    [
      'that follow one another',
      [pause('2026-06-01', '2026-06-05'), pause('2026-06-06', '2026-06-20')],
      ['2026-06-23T16:00', '2026-06-30T16:00', '2026-07-07T16:00'],
    ],
    [
      'of this routine',
      [pause('2026-06-01', '2026-06-20', 'tuesdays')],
      ['2026-06-23T16:00', '2026-06-30T16:00', '2026-07-07T16:00'],
    ],
    [
      'of another routine',
      [pause('2026-06-01', '2026-06-20', 'fridays')],
      ['2026-06-02T16:00', '2026-06-09T16:00', '2026-06-16T16:00'],
    ],
    ['for ever', [pause('2026-06-05', '9999-12-31')], ['2026-06-02T16:00']],
  ])('leave out pauses: %s', (_name, pauses, expected) => {
    expect(starts(routine(), '2026-06-01T00:00Z', { pauses })).toEqual(expected);
  });

  test('go by the box’s calendar, not by UTC’s', () => {
    const late = routine({ weekday: 1, startsAt: '23:30' });
    expect(starts(late, '2026-06-01T00:00Z', { zone: 'America/New_York', count: 1 })).toEqual(['2026-06-02T03:30']);
    // Still Monday there.
    expect(starts(late, '2026-06-02T03:00Z', { zone: 'America/New_York', count: 1 })).toEqual(['2026-06-02T03:30']);
    const early = routine({ weekday: 1, startsAt: '00:30' });
    expect(starts(early, '2026-05-31T10:00Z', { zone: 'Pacific/Auckland', count: 1 })).toEqual(['2026-05-31T12:30']);
  });
});

describe('an order', () => {
  const TUESDAY = { box: 'crossfit-demo', day: '2026-06-09', familyId: null, className: 'wod' };
  const order = (fields = {}) => ({
    ...TUESDAY,
    ...{ classStartsAt: at('2026-06-09T16:00Z'), routineId: 'tuesdays', whenFull: 'waitlist' as const },
    ...{ opensAt: at('2026-06-05T16:00Z'), createdAt: at('2026-06-01T00:00Z') },
    ...fields,
  });
  const wanted = (terms: Partial<Routine>, pauses: readonly Pause[] = [], fields = {}) =>
    isWanted({ routines: [routine(terms)], pauses }, order(fields), MADRID);

  test.each([
    ['as it was ordered', {}, true],
    ['under a name written otherwise', { className: ' Wód ' }, true],
    ['of another routine', { id: 'fridays' }, false],
    ['at another box', { box: 'box-tenerife' }, false],
    ['on another weekday', { weekday: 3 }, false],
    ['at another hour', { startsAt: '19:00' }, false],
    ['of another name', { className: 'OPEN BOX' }, false],
    ['for one of the family', { familyId: '77' }, false],
    ['with another wish when full', { whenFull: 'skip' as const }, false],
    ['before the first day', { from: '2026-06-10' }, false],
    ['on the first day', { from: '2026-06-09' }, true],
    ['on the last day', { until: '2026-06-09' }, true],
    ['after the last day', { until: '2026-06-08' }, false],
    ['skipped', { skip: ['2026-06-09'] }, false],
    ['with the opening told', { opening: { daysBefore: 4 } }, true],
    ['with another opening told', { opening: { daysBefore: 3 } }, false],
    ['with an opening told that had passed when it was ordered', { opening: { daysBefore: 14 } }, true],
  ])('%s is wanted: %j', (_name, terms, expected) => {
    expect(wanted(terms)).toBe(expected);
  });

  test.each([
    ['a later opening than the routine’s', 5, true],
    ['an earlier opening than the routine’s, which was changed', 3, false],
  ])('with %s, by the rule that AimHarder named when it was fired', (_name, daysBefore, expected) => {
    const postponed = { openingRule: { daysBefore: 4 } };
    expect(wanted({ opening: { daysBefore } }, [], postponed)).toBe(expected);
    expect(wanted({ opening: { daysBefore } })).toBe(false);
  });

  test.each([
    ['all', pause('2026-06-09', '2026-06-09'), false],
    ['its routine', pause('2026-06-01', '2026-06-30', 'tuesdays'), false],
    ['another routine', pause('2026-06-01', '2026-06-30', 'fridays'), true],
    ['other days', pause('2026-06-10', '2026-06-30'), true],
  ])('while %s is paused', (_name, paused, expected) => {
    expect(wanted({}, [paused])).toBe(expected);
  });

  test('of the member’s own is always wanted', () => {
    expect(
      isWanted({ routines: [], pauses: [pause('2026-06-01', '2026-06-30')] }, order({ routineId: null }), MADRID),
    ).toBe(true);
  });

  test('at the hour that its box’s zone no longer has is not wanted', () => {
    expect(isWanted({ routines: [routine()], pauses: [] }, order(), () => 'Atlantic/Canary')).toBe(false);
  });
});

test('the same class is the same whatever its dates and however its name is written', () => {
  expect(isSameClass(routine(), routine({ id: 'x', className: 'wód', from: '2026-01-01', whenFull: 'skip' }))).toBe(
    true,
  );
  for (const other of [{ weekday: 3 }, { startsAt: '18:30' }, { className: 'WOD 2' }, { familyId: '77' }, { box: 'b' }])
    expect(isSameClass(routine(), routine(other))).toBe(false);
});

test('after an opening routines are seen to between 3 and 10 minutes later, each at its own time', () => {
  const after = Array.from({ length: 200 }, (_, index) => nextPlanAfterOpening(0, `routine-${index}`));
  expect(Math.min(...after)).toBeGreaterThanOrEqual(3 * MINUTE);
  expect(Math.max(...after)).toBeLessThan(10 * MINUTE);
  expect(new Set(after).size).toBeGreaterThan(190);
  expect(Math.max(...after) - Math.min(...after)).toBeGreaterThan(6 * MINUTE);
  expect(nextPlanAfterOpening(HOUR, 'routine-1') - HOUR).toBe(nextPlanAfterOpening(0, 'routine-1'));
});
