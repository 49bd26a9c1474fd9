import { expect, test } from 'vitest';
import type { RecordedBooking } from '../../lib/bookings/booking.ts';
import { buildAgenda } from '../../lib/calendar/agenda.ts';
import { toEvent } from '../../lib/calendar/icalendar.ts';
import type { Prebooking } from '../../lib/prebookings/prebooking.ts';
import { booking, CLASS, EMAIL, finished, NOW, pending } from '../support/calendar/facts.ts';

/* A member books a class for a relative. AimHarder knows the relative by an id. */

const THEIRS = { ...CLASS, familyId: '77' };
const bookedAtOnce: RecordedBooking = { ...booking('7', NOW), booked: { ...THEIRS, kind: 'booked', at: NOW } };

const eventOf = (orders: readonly Prebooking[], bookings: readonly RecordedBooking[] = []) =>
  buildAgenda(EMAIL, orders, bookings, NOW).map((entry) => toEvent(entry, { timezones: new Map() }));

test.each([
  ['booked', [finished('booked', '7', NOW, THEIRS)], [], 'WOD (for a relative)', 'CONFIRMED'],
  ['booked at once', [], [bookedAtOnce], 'WOD (for a relative)', 'CONFIRMED'],
  ['ordered', [pending(NOW, THEIRS)], [], 'WOD (for a relative, not booked yet)', 'TENTATIVE'],
  ['on the waitlist', [finished('waitlisted', '7', NOW, THEIRS)], [], 'WOD (for a relative, waitlist)', 'TENTATIVE'],
  ['full', [finished('failed', null, NOW, THEIRS)], [], 'WOD (for a relative, not booked: class full)', 'CANCELLED'],
] as const)(
  'a relative’s class (%s) is shown as such, and does not make the member busy',
  (_name, orders, bookings, summary, status) => {
    expect(eventOf(orders, bookings)).toMatchObject([{ summary, status, transparency: 'TRANSPARENT' }]);
  },
);

test.each([
  ['on the waitlist', finished('waitlisted', '7', NOW, THEIRS), 'Your relative is on the waitlist.'],
  ['full', finished('failed', null, NOW, THEIRS), 'Your relative has no place in this class: class full.'],
  [
    'not understood',
    finished('failed', null, NOW, THEIRS, 'unknown'),
    'We do not know whether your relative has a place in this class. Please check in AimHarder’s app.',
  ],
])('its description is about the relative: %s', (_name, order, description) => {
  expect(eventOf([order])).toMatchObject([{ description }]);
});

test('the same class, booked for the member and for a relative, makes two events, and the member is busy', () => {
  const events = eventOf([finished('booked', '6', NOW), finished('booked', '7', NOW, THEIRS)]);

  expect(events.map(({ summary, transparency }) => [summary, transparency]).toSorted()).toEqual([
    ['WOD (for a relative)', 'TRANSPARENT'],
    ['WOD', 'OPAQUE'],
  ]);
});
