import { describe, expect, test } from 'vitest';
import { LoggedOut, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { readNextBookings } from '../../lib/aimharder/next-bookings.ts';

/** A row as the sources describe it (values invented). */
const ROW = {
  id: 590_000_001,
  day: 'Jueves, 12 de Marzo de 2026',
  time: '18:30 - 19:30',
  className: 'WOD',
  bookState: 1,
};
const BOOKING = { day: '2026-03-12', start: '18:30', end: '19:30', name: 'WOD', state: 'booked' };

const read = (body: unknown, status = 200) =>
  readNextBookings({
    ...{ status, contentType: 'application/json', setCookies: [], date: undefined, retryAfter: undefined },
    ...{ host: 'crossfit-demo.aimharder.com', sentAt: 0, answeredAt: 0, connection: 1, connectMs: undefined },
    ...{ body: typeof body === 'string' ? body : JSON.stringify(body) },
  });

test('coming and past bookings are one list', () => {
  const past = { ...ROW, day: 'Martes, 3 de Febrero de 2026', assist: 1, lateCancel: 0 };

  expect(read({ nextClasses: [ROW], history: [past] })).toEqual({
    bookings: [BOOKING, { ...BOOKING, day: '2026-02-03' }],
    isWhole: true,
  });
});

describe('a row', () => {
  test.each<[string, object, object]>([
    ['on the waitlist', { bookState: 0 }, { state: 'waitlisted' }],
    ['with numbers as text', { bookState: '1' }, {}],
    ['without a weekday', { day: '12 de Marzo de 2026' }, {}],
    ['with the month in capitals', { day: 'Jueves, 12 de MARZO de 2026' }, {}],
    ['on a day of one digit', { day: '1 de Septiembre de 2026' }, { day: '2026-09-01' }],
    ['without its end', { time: '18:30' }, { end: null }],
    ['with its hours spelt closely', { time: '18:30-19:30' }, {}],
    ['with a padded name', { className: ' WOD ' }, {}],
  ])('%s is read', (_name, fields, expected) => {
    expect(read({ nextClasses: [{ ...ROW, ...fields }] })).toEqual({
      bookings: [{ ...BOOKING, ...expected }],
      isWhole: true,
    });
  });

  test.each<[string, unknown]>([
    ['without a year', { ...ROW, day: 'Jueves, 12 de Marzo' }],
    ['on a day that does not exist', { ...ROW, day: '31 de Febrero de 2026' }],
    ['in a month of another language', { ...ROW, day: '12 de March de 2026' }],
    ['of an unknown state', { ...ROW, bookState: 2 }],
    ['without hours', { ...ROW, time: null }],
    ['that is no object', 'WOD'],
  ])('%s hides no other, and the list is not whole', (_name, row) => {
    expect(read({ nextClasses: [row, ROW] })).toEqual({ bookings: [BOOKING], isWhole: false });
  });

  test('of the past that cannot be read leaves the list whole', () => {
    expect(read({ nextClasses: [ROW], history: [{ ...ROW, day: 'ayer' }] })).toEqual({
      bookings: [BOOKING],
      isWhole: true,
    });
  });

  test('that was cancelled late is left out', () => {
    expect(read({ nextClasses: [], history: [{ ...ROW, lateCancel: 1 }] })).toEqual({ bookings: [], isWhole: true });
  });
});

test.each<[string, unknown, number]>([
  ['no list', {}, 200],
  ['a list of another kind', { nextClasses: {} }, 200],
  ['a page', '<html>', 200],
  ['an empty body', '', 200],
  ['a status', { nextClasses: [] }, 404],
])('%s is not understood', (_name, body, status) => {
  expect(() => read(body, status)).toThrow(UpstreamFailure);
});

test('a dead session is told apart', () => {
  expect(() => read({ logout: 1 })).toThrow(LoggedOut);
});
