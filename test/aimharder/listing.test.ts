import { describe, expect, test } from 'vitest';
import { decodeListing, findMine, type ListedClass } from '../../lib/aimharder/listing.ts';

/** A row as captured (values invented). */
const ROW = {
  id: 700101,
  zoomid: null,
  idres: null,
  spotres: null,
  time: '07:00 - 08:00',
  timeid: '0700_60',
  classId: 411,
  className: 'WOD',
  boxName: 'Box Ejemplo',
  coachName: 'Coach Uno',
  coachPic: null,
  enabled: 1,
  bookState: null,
  limit: '14 (4)',
  limitc: 14,
  ocupation: 9,
  waitlist: 0,
  cancelledId: null,
  classLength: 60,
  resadmin: 0,
  included: 1,
};
const CLASS: ListedClass = {
  classId: '700101',
  name: 'WOD',
  start: '07:00',
  end: '08:00',
  coach: 'Coach Uno',
  capacity: 14,
  booked: 9,
  waitlist: 0,
  enabled: true,
  cancelled: false,
  mine: null,
  bookingId: null,
};
const listing = (...rows: readonly unknown[]) =>
  decodeListing(JSON.stringify({ clasesDisp: '', timetable: [], day: 'Jueves', bookings: rows, seminars: [] }));

test('a row as AimHarder sends it', () => {
  expect(listing(ROW)).toEqual([CLASS]);
});

test.each([
  ['the id as text', { id: '700101' }, {}],
  ['a place of mine', { bookState: 1, idres: 90001234 }, { mine: 'booked', bookingId: '90001234' }],
  ['a place of mine, as text', { bookState: '1', idres: '90001234' }, { mine: 'booked', bookingId: '90001234' }],
  ['my place in the queue', { bookState: 0, idres: 7 }, { mine: 'waitlisted', bookingId: '7' }],
  ['limitc as text', { limitc: '12' }, { capacity: 12 }],
  ['no limitc', { limitc: null }, { capacity: 14 }],
  ['neither limit', { limitc: null, limit: null }, { capacity: null }],
  ['the limit as a number', { limitc: undefined, limit: 20 }, { capacity: 20 }],
  ['no waitlist', { waitlist: -1 }, { waitlist: null }],
  ['a waitlist as text', { waitlist: '3' }, { waitlist: 3 }],
  ['enabled as text', { enabled: '1' }, {}],
  ['not enabled', { enabled: 0 }, { enabled: false }],
  ['cancelled, with a number', { cancelledId: 5 }, { cancelled: true }],
  ['cancelled, with a text', { cancelledId: '5' }, { cancelled: true }],
  ['no coach', { coachName: null }, { coach: null }],
  ['hours without spaces', { time: '07:00-08:00' }, {}],
  ['hours with one digit', { time: '7:00 - 8:00' }, {}],
  ['hours by the code alone', { time: null }, {}],
  ['a code of three digits', { time: undefined, timeid: '900_60' }, { start: '09:00', end: '10:00' }],
  ['a class over midnight', { time: undefined, timeid: '2330_60' }, { start: '23:30', end: '00:30' }],
  ['a field nobody has seen', { surprise: { a: 1 } }, {}],
])('%s', (_name, drift, expected) => {
  expect(listing({ ...ROW, ...drift })).toEqual([{ ...CLASS, ...expected }]);
});

test.each([null, 'rubbish', {}, { ...ROW, id: null }, { ...ROW, id: 'x' }, { ...ROW, time: 'soon', timeid: null }])(
  'a row that cannot be read (%j) does not hide the others',
  (bad) => {
    expect(listing(ROW, bad, ROW)).toEqual([CLASS, CLASS]);
  },
);

test.each(['', 'null', '[]', '{}', '<html></html>', '{"bookings":{}}', '{"bookings":'])(
  '%j is no timetable',
  (body) => {
    expect(decodeListing(body)).toBeUndefined();
  },
);

test('a day without classes is empty', () => {
  expect(decodeListing('{"bookings":[],"resmsgs":[]}')).toEqual([]);
});

test.each(['{"logout":1}', '{"logout":"1","bookings":[]}'])('%j is a dead session', (body) => {
  expect(decodeListing(body)).toBe('logged-out');
});

describe('finding a class again', () => {
  const sought = { classId: '700101', start: '07:00', name: 'wod' };
  const moved = { ...CLASS, classId: '800202' };

  test('by its slot id', () => expect(findMine([moved, CLASS], sought)).toBe(CLASS));
  test('by its start and name, when the id is gone', () =>
    expect(findMine([moved, { ...moved, classId: '3', name: 'Halterofilia' }], sought)).toBe(moved));
  test('not at another hour', () => expect(findMine([{ ...moved, start: '08:00' }], sought)).toBeUndefined());
  test('not when two are alike: that would be a guess', () =>
    expect(findMine([moved, { ...moved, classId: '4' }], sought)).toBeUndefined());
});
