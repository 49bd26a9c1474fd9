import { describe, expect, test } from 'vitest';
import type { RecordedBooking } from '../../lib/bookings/booking.ts';
import { agenda } from '../../lib/calendar/agenda.ts';
import { formatCalendar } from '../../lib/calendar/icalendar.ts';
import type { Finished, ListedClassRef, Pending, Result } from '../../lib/prebookings/prebooking.ts';
import { prebookingId } from '../../lib/prebookings/prebooking.ts';
import { parseCalendar } from '../support/calendar/feed.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EMAIL = 'ada@example.com';
/** Noon in Madrid, four days before the clocks go forward. */
const NOW = Date.UTC(2026, 2, 25, 11);

const CLASS: ListedClassRef = {
  ...{ whenFull: null, routineId: null },
  ...{ box: 'crossfit-demo', boxId: '1', day: '2026-03-30', classId: '42', familyId: null, className: 'WOD' },
  ...{ classTime: '18:00', classStartsAt: Date.UTC(2026, 2, 30, 16), classEndsAt: Date.UTC(2026, 2, 30, 17, 30) },
};
const common = (wanted: ListedClassRef, orderedAt: number) => ({
  ...wanted,
  ...{ email: EMAIL, id: prebookingId(EMAIL, wanted), generation: orderedAt, createdAt: orderedAt },
  ...{ opensAt: NOW + HOUR, wakesAt: NOW + HOUR - 90_000 },
});
const pending = (orderedAt = NOW, wanted = CLASS): Pending => ({
  ...common(wanted, orderedAt),
  ...{ status: 'pending', armed: true, lease: null },
});
const finished = (status: Finished['status'], bookingId: string | null, endedAt: number, wanted = CLASS): Finished => {
  const result: Result = {
    ...{ outcome: status === 'failed' ? 'class-full' : status, bookingId, code: null, message: null, firedAt: null },
    ...{ latenessMs: null, latenessBoundMs: null, shots: 1, aimedBy: null },
  };
  return { ...common(wanted, NOW), status, result, endedAt };
};
const booking = (bookingId: string, at: number, cancelledAt: number | null = null): RecordedBooking => ({
  key: `crossfit-demo#${bookingId}`,
  booked: { ...CLASS, kind: 'booked', at },
  cancelledAt,
});
const cancellation = (bookingId: string, cancelledAt: number, box = 'crossfit-demo'): RecordedBooking => ({
  key: `${box}#${bookingId}`,
  booked: null,
  cancelledAt,
});

describe('a class is one entry', () => {
  test.each([
    ['ordered', [pending()], [], 'pending', NOW],
    ['booked by its order', [finished('booked', '7', NOW + HOUR)], [], 'booked', NOW + HOUR],
    ['waitlisted by its order', [finished('waitlisted', '7', NOW + HOUR)], [], 'waitlisted', NOW + HOUR],
    ['failed to be booked', [finished('failed', null, NOW + HOUR)], [], 'cancelled', NOW + HOUR],
    [
      'booked by its order, then cancelled',
      [finished('booked', '7', NOW + HOUR)],
      [cancellation('7', NOW + DAY)],
      'cancelled',
      NOW + DAY,
    ],
    [
      'booked by its order, while another booking was cancelled, and one of the same id at another box',
      [finished('booked', '7', NOW + HOUR)],
      [cancellation('8', NOW + DAY), cancellation('7', NOW + DAY, 'other-box')],
      'booked',
      NOW + HOUR,
    ],
    ['booked at once', [], [booking('7', NOW + 1)], 'booked', NOW + 1],
    ['booked at once and cancelled', [], [booking('7', NOW + 1, NOW + 2)], 'cancelled', NOW + 2],
    ['cancelled and booked again', [], [booking('8', NOW + 3), booking('7', NOW + 1, NOW + 2)], 'booked', NOW + 3],
    [
      'full at its opening, then booked at once',
      [finished('failed', null, NOW)],
      [booking('7', NOW + 1)],
      'booked',
      NOW + 1,
    ],
    ['booked at once while still ordered', [pending()], [booking('7', NOW + 1)], 'booked', NOW + 1],
    [
      'still ordered after its booking was cancelled',
      [pending()],
      [booking('7', NOW + 1, NOW + 2)],
      'pending',
      NOW + 2,
    ],
  ] as const)('%s', (_name, prebookings, bookings, state, changedAt) => {
    expect(agenda(EMAIL, prebookings, bookings, NOW)).toEqual([
      expect.objectContaining({ id: prebookingId(EMAIL, CLASS), state, changedAt }),
    ]);
  });
});

test('classes are shown for four weeks after their start, in order', () => {
  const days = [-29, -27, 3, 1];
  const orders = days.map((offset) => {
    const classStartsAt = NOW + offset * DAY;
    return finished('booked', null, NOW, { ...CLASS, classId: String(offset + 100), classStartsAt });
  });

  expect(agenda(EMAIL, orders, [], NOW).map(({ startsAt }) => (startsAt - NOW) / DAY)).toEqual([-27, 1, 3]);
});

test('a class whose end is unknown lasts an hour', () => {
  const { classEndsAt: _, ...endless } = CLASS;

  const [known, unknown] = [pending(), pending(NOW, endless)].map((one) => agenda(EMAIL, [one], [], NOW)[0]);

  expect((known?.endsAt ?? 0) - CLASS.classStartsAt).toBe(90 * MINUTE);
  expect((unknown?.endsAt ?? 0) - CLASS.classStartsAt).toBe(HOUR);
});

describe('in iCalendar', () => {
  const eventOf = (...args: Parameters<typeof agenda>) => {
    const [event] = parseCalendar(formatCalendar(agenda(...args), { timezones: new Map() }));
    if (!event) throw new Error('no event');
    return event;
  };

  test('a class that moves is the same event at another time', () => {
    const moved = { ...CLASS, classStartsAt: CLASS.classStartsAt + HOUR, classEndsAt: (CLASS.classEndsAt ?? 0) + HOUR };
    const [before, after] = [
      eventOf(EMAIL, [pending(NOW)], [], NOW),
      eventOf(EMAIL, [pending(NOW + MINUTE, moved)], [], NOW),
    ];

    expect([before.start, after.start]).toEqual(['2026-03-30T16:00:00.000Z', '2026-03-30T17:00:00.000Z']);
    expect(after.uid).toBe(before.uid);
    expect(after.sequence).toBeGreaterThan(before.sequence);
  });

  test('the opening is shown in the time zone of the box, and in UTC', () => {
    expect(eventOf(EMAIL, [pending()], [], NOW).description).toMatch(
      /^Will be booked when bookings open: Wednesday.* 25 March 2026.* 13:00:00 \(2026-03-25T12:00:00\.000Z\)$/,
    );
  });

  test('a cancellation within the second of its booking has a higher sequence number', () => {
    const [booked, cancelled] = [booking('7', NOW), booking('7', NOW, NOW + 1)].map((one) =>
      eventOf(EMAIL, [], [one], NOW),
    );

    expect(cancelled?.sequence).toBeGreaterThan(booked?.sequence ?? Number.POSITIVE_INFINITY);
  });

  test('the same classes give the same text at any time', () => {
    const at = (now: number) => formatCalendar(agenda(EMAIL, [pending()], [], now), { timezones: new Map() });

    expect(at(NOW + DAY)).toBe(at(NOW));
  });

  test('a class without a name is shown as “Class”', () => {
    expect(eventOf(EMAIL, [finished('booked', '7', NOW, { ...CLASS, className: '' })], [], NOW).summary).toBe('Class');
  });
});
