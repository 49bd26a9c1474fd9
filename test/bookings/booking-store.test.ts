import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookingIdOf } from '../../lib/bookings/booking.ts';
import { BookingStore } from '../../lib/bookings/booking-store.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
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
