import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookingIdOf } from '../../lib/bookings/booking.ts';
import { BookingStore } from '../../lib/bookings/booking-store.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeRecordUnreadable } from '../support/prebookings/unreadable.ts';
import { START } from '../support/sessions/session-world.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

test('a member and two relatives in one class, whose booking ids are unknown, have a record each', async () => {
  const bookings = new BookingStore({ documents: database.documents, table: 'bookings' });
  const booked = { box: 'crossfit-demo', day: '2026-03-27', classId: '700101', className: 'WOD', classStartsAt: START };
  const persons = [null, '4711', '4712'];

  for (const familyId of persons)
    await bookings.recordBooked('ada@example.com', { ...booked, familyId }, { kind: 'booked', bookingId: null }, START);

  const records = await bookings.list('ada@example.com');
  expect(new Set(records.map((record) => record.booked?.familyId))).toEqual(new Set(persons));
  expect(records.map(bookingIdOf)).toEqual([null, null, null]);
});

test('a place is found by the id of the seat that it has become, although another record cannot be decoded', async () => {
  const bookings = new BookingStore({ documents: database.documents, table: 'bookings' });
  const email = 'bea@example.com';
  const booked = { box: 'crossfit-demo', day: '2026-03-27', familyId: '4711', className: 'WOD', classStartsAt: START };
  for (const bookingId of ['1', '2'])
    await bookings.recordBooked(email, { ...booked, classId: bookingId }, { kind: 'waitlisted', bookingId }, START);
  await bookings.promote(email, 'crossfit-demo#2', '3', START);
  await makeRecordUnreadable(database.documents, email, 'crossfit-demo#1');
  const errors: unknown[] = [];

  const found = await bookings.findByBookingId(
    email,
    { box: 'crossfit-demo', bookingId: '3' },
    (error) => void errors.push(error),
  );

  expect(found).toMatchObject({ key: 'crossfit-demo#2', booked: { familyId: '4711', seatBookingId: '3' } });
  expect(errors).toHaveLength(1);
});
