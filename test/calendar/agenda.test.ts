import { describe, expect, test } from 'vitest';
import type { RecordedBooking } from '../../lib/bookings/booking.ts';
import { buildAgenda } from '../../lib/calendar/agenda.ts';
import type { ListedClassRef, Pending, WantedClass } from '../../lib/prebookings/prebooking.ts';
import { prebookingId, slotKey } from '../../lib/prebookings/prebooking.ts';
import { booking, CLASS, cancellation, cancelled, EMAIL, finished, NOW, pending } from '../support/calendar/facts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a class is one entry', () => {
  test.each([
    ['ordered', [pending()], [], 'pending'],
    ['booked by its order', [finished('booked', '7', NOW + HOUR)], [], 'booked'],
    ['waitlisted by its order', [finished('waitlisted', '7', NOW + HOUR)], [], 'waitlisted'],
    ['failed to be booked', [finished('failed', null, NOW + HOUR)], [], 'failed'],
    ['whose order was cancelled', [cancelled(NOW + HOUR)], [], 'cancelled'],
    [
      'booked by its order, then cancelled',
      [finished('booked', '7', NOW + HOUR)],
      [cancellation('7', NOW + DAY)],
      'cancelled',
    ],
    [
      'booked by its order, while another booking was cancelled, and one of the same id at another box',
      [finished('booked', '7', NOW + HOUR)],
      [cancellation('8', NOW + DAY), cancellation('7', NOW + DAY, 'other-box')],
      'booked',
    ],
    ['booked at once', [], [booking('7', NOW + 1)], 'booked'],
    ['booked at once and cancelled', [], [booking('7', NOW + 1, NOW + 2)], 'cancelled'],
    ['cancelled and booked again', [], [booking('8', NOW + 3), booking('7', NOW + 1, NOW + 2)], 'booked'],
    [
      'booked again before the first booking was cancelled',
      [],
      [booking('8', NOW + 1), booking('7', NOW, NOW + 2)],
      'booked',
    ],
    ['full at its opening, then booked at once', [finished('failed', null, NOW)], [booking('7', NOW + 1)], 'booked'],
    ['booked at once, before its order failed', [finished('failed', null, NOW + 2)], [booking('7', NOW + 1)], 'booked'],
    ['booked at once, before its order was cancelled', [cancelled(NOW + 2)], [booking('7', NOW + 1)], 'booked'],
    ['booked at once while still ordered', [pending()], [booking('7', NOW + 1)], 'booked'],
    ['still ordered after its booking was cancelled', [pending()], [booking('7', NOW + 1, NOW + 2)], 'pending'],
  ] as const)('%s', (_name, prebookings, bookings, state) => {
    expect(buildAgenda(EMAIL, prebookings, bookings, NOW)).toEqual([
      expect.objectContaining({ id: prebookingId(EMAIL, CLASS), state }),
    ]);
  });
});

test('a class that was cancelled stays cancelled if an uncancelled record has its booking as its seat', () => {
  const tomorrows = { ...CLASS, classId: '43', classStartsAt: CLASS.classStartsAt + DAY };
  const seat: RecordedBooking = {
    key: 'crossfit-demo#9',
    booked: { ...tomorrows, kind: 'booked', at: NOW + 1, seatBookingId: '10' },
    cancelledAt: null,
  };

  const agenda = buildAgenda(EMAIL, [finished('booked', '10', NOW)], [cancellation('10', NOW + 2), seat], NOW);

  expect(agenda.find(({ id }) => id === prebookingId(EMAIL, CLASS))).toMatchObject({ state: 'cancelled' });
});

describe('a class that was ordered before its box listed it', () => {
  const unlisted = (wanted: Partial<WantedClass> = {}): Pending => {
    const one = { ...CLASS, ...wanted, classId: null };
    return { ...pending(NOW - 1), ...one, id: prebookingId(EMAIL, { ...one, classId: slotKey(one) }) };
  };
  const listed = (classId: string, wanted: Partial<ListedClassRef> = {}): ListedClassRef => ({
    ...CLASS,
    classId,
    ...wanted,
  });
  const bookedAtOnce = (bookingId: string, at: number, wanted: ListedClassRef): RecordedBooking => ({
    key: `crossfit-demo#${bookingId}`,
    booked: { ...wanted, kind: 'booked', at },
    cancelledAt: null,
  });

  test.each([
    ['booked at once when it is listed', [unlisted()], [bookedAtOnce('7', NOW + 1, listed('42'))]],
    ['spelt otherwise in the timetable', [unlisted({ className: 'wód' })], [bookedAtOnce('7', NOW + 1, listed('42'))]],
    [
      'booked by its order, with the slot id that was found',
      [{ ...finished('booked', '7', NOW + 1), id: unlisted().id }],
      [],
    ],
    ['booked by another order of the listed class', [unlisted(), finished('booked', '7', NOW + 1)], []],
  ] as const)('is one event: %s', (_name, prebookings, bookings) => {
    expect(buildAgenda(EMAIL, prebookings, bookings, NOW)).toEqual([
      expect.objectContaining({ id: prebookings[0].id, state: 'booked' }),
    ]);
  });

  test('is one event, even if only an order shows that two slot ids are one class', () => {
    const renumbered = { ...finished('booked', '9', NOW + 3), classId: '43' };
    const both = [bookedAtOnce('7', NOW + 1, listed('42')), bookedAtOnce('8', NOW + 2, listed('43'))];

    expect(buildAgenda(EMAIL, [renumbered], both, NOW)).toHaveLength(1);
  });

  test('keeps the id that the feed already shows', () => {
    const shownAs = (shown: string) =>
      buildAgenda(EMAIL, [unlisted()], [bookedAtOnce('7', NOW + 1, listed('42'))], NOW, (id) => id === shown);

    for (const id of [unlisted().id, prebookingId(EMAIL, CLASS)])
      expect(shownAs(id)).toEqual([expect.objectContaining({ id, stateFrom: 'crossfit-demo#7' })]);
  });

  test.each([
    ['another hour', listed('42', { classStartsAt: CLASS.classStartsAt + HOUR })],
    ['another name', listed('42', { className: 'OPEN BOX' })],
    ['another box', listed('42', { box: 'other-box' })],
    ['another person', listed('42', { familyId: '9' })],
  ])('is not the class of %s', (_name, other) => {
    expect(buildAgenda(EMAIL, [unlisted()], [bookedAtOnce('7', NOW + 1, other)], NOW)).toHaveLength(2);
  });

  test('is one of two identical listed classes; the other is an event of its own', () => {
    const both = [bookedAtOnce('7', NOW + 1, listed('42')), bookedAtOnce('8', NOW + 2, listed('43'))];

    const entries = buildAgenda(EMAIL, [unlisted()], both, NOW);

    expect(entries.map(({ state }) => state)).toEqual(['booked', 'booked']);
    expect(new Set(entries.map(({ id }) => id))).toEqual(new Set([unlisted().id, prebookingId(EMAIL, listed('43'))]));
  });
});

// The order was fired for a slot that had replaced its own, and the box has then moved its own slot.
describe('a booked class that shares its id with the order of another class', () => {
  const order = { ...finished('booked', '7', NOW), classId: '43' };
  const moved = { ...CLASS, classStartsAt: CLASS.classStartsAt + 2 * HOUR };
  const atOnce: RecordedBooking = {
    key: 'crossfit-demo#8',
    booked: { ...moved, kind: 'booked', at: NOW + 1 },
    cancelledAt: null,
  };

  test.each([
    ['is an event of its own', []],
    ['is an event of its own, also if it was booked and cancelled before it moved', [booking('6', NOW - 2, NOW - 1)]],
  ])('%s', (_name, earlier) => {
    const [first, second, ...others] = buildAgenda(EMAIL, [order], [atOnce, ...earlier], NOW);

    expect(first).toMatchObject({ id: order.id, stateFrom: order.id, state: 'booked', startsAt: CLASS.classStartsAt });
    expect(second).toMatchObject({ stateFrom: atOnce.key, state: 'booked', startsAt: moved.classStartsAt });
    expect(second?.id).not.toBe(order.id);
    expect(others).toEqual([]);
  });

  test('keeps the id if the order was fired for it, although its hour was still the old one', () => {
    const fired = finished('failed', null, NOW);

    expect(buildAgenda(EMAIL, [fired], [atOnce], NOW)).toEqual([
      expect.objectContaining({ id: fired.id, state: 'booked', startsAt: moved.classStartsAt }),
    ]);
  });
});

test('classes are shown for four weeks after their start, in order', () => {
  const days = [-29, -27, 3, 1];
  const orders = days.map((offset) => {
    const classStartsAt = NOW + offset * DAY;
    return finished('booked', null, NOW, { ...CLASS, classId: String(offset + 100), classStartsAt });
  });

  expect(buildAgenda(EMAIL, orders, [], NOW).map(({ startsAt }) => (startsAt - NOW) / DAY)).toEqual([-27, 1, 3]);
});

test('a class whose end is unknown lasts an hour', () => {
  const { classEndsAt: _, ...endless } = CLASS;

  const [known, unknown] = [pending(), pending(NOW, endless)].map((one) => buildAgenda(EMAIL, [one], [], NOW)[0]);

  expect((known?.endsAt ?? 0) - CLASS.classStartsAt).toBe(90 * MINUTE);
  expect((unknown?.endsAt ?? 0) - CLASS.classStartsAt).toBe(HOUR);
});

test('at most a thousand classes are shown, the last ones', () => {
  const orders = Array.from({ length: 1_010 }, (_, index) =>
    finished('booked', null, NOW, { ...CLASS, classId: String(index + 1), classStartsAt: NOW + index * MINUTE }),
  );

  const entries = buildAgenda(EMAIL, orders, [], NOW);

  expect([entries.length, entries.at(-1)?.startsAt]).toEqual([1_000, NOW + 1_009 * MINUTE]);
});
