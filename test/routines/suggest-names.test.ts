import { expect, test } from 'vitest';
import type { ListedClass } from '../../lib/aimharder/client.ts';
import { suggestNames } from '../../lib/routines/suggest-names.ts';

const row = (name: string, start: string, cancelled = false): ListedClass => ({
  ...{ classId: `${start}-${name}`, name, start, end: '23:00', coach: null, capacity: 12, booked: 0, waitlist: 0 },
  ...{ cancelled, enabled: true, mine: null, bookingId: null },
});

const DAY = [row('WOD', '07:00'), row('OPEN BOX', '18:00'), row('WOD', '18:00'), row('HYROX', '19:00')];

test.each([
  ['a letter too many', 'WODD', ['WOD', 'OPEN BOX']],
  ['another word', 'Pilates', ['WOD', 'OPEN BOX']],
  ['a class of another hour, misspelt', 'HIROX', ['WOD', 'OPEN BOX', 'HYROX']],
])('for %s, the classes of that hour come first, then what is written alike', (_what, className, suggested) => {
  expect(suggestNames(DAY, { classTime: '18:00', className }).toSorted()).toEqual([...suggested].toSorted());
});

test('the likest name of the hour comes first', () => {
  expect(suggestNames(DAY, { classTime: '18:00', className: 'open bx' })).toEqual(['OPEN BOX', 'WOD']);
});

test('a name of the hour keeps its rank if the day has it at another hour too', () => {
  expect(suggestNames(DAY, { classTime: '18:00', className: 'WODD' })).toEqual(['WOD', 'OPEN BOX']);
});

test('a name that the day has at another hour needs no other name', () => {
  expect(suggestNames(DAY, { classTime: '12:00', className: 'hyrox' })).toEqual([]);
});

test('cancelled classes are not suggested, and at most five names are', () => {
  const many = Array.from({ length: 9 }, (_, index) => row(`CLASS ${index}`, '18:00'));

  expect(suggestNames([row('WOD', '18:00', true)], { classTime: '18:00', className: 'X' })).toEqual([]);
  expect(suggestNames(many, { classTime: '18:00', className: 'X' })).toHaveLength(5);
});
