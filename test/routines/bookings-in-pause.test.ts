import { expect, test } from 'vitest';
import { prebookingId } from '../../lib/prebookings/prebooking.ts';
import { findBookingsInPauses } from '../../lib/routines/bookings-in-pause.ts';
import { booking, CLASS, EMAIL, finished, NOW } from '../support/calendar/facts.ts';

const HOUR = 3_600_000;
const pauses = [{ from: CLASS.day, until: CLASS.day, routineId: null }];
const plan = { email: EMAIL, routines: [], pauses, revision: 1, planAt: null, claimedUntil: null };

test('two booked classes inside a pause are both returned, also if the pre-booking of one has the id of the other', () => {
  const prebooked = { ...finished('booked', '7', NOW), id: prebookingId(EMAIL, CLASS), classId: '43' };
  const atOnce = booking('8', NOW + 1);
  if (!atOnce.booked) throw new Error('not a booking');
  const startsAt = CLASS.classStartsAt + 2 * HOUR;
  const moved = { ...atOnce, booked: { ...atOnce.booked, classStartsAt: startsAt } };

  expect(findBookingsInPauses(plan, [prebooked], [moved], NOW, () => 'Europe/Madrid')).toMatchObject([
    { classId: '43', classStartsAt: CLASS.classStartsAt, bookingId: '7' },
    { classId: CLASS.classId, classStartsAt: startsAt, bookingId: '8' },
  ]);
});
