import { ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/faults.ts';
import { startFiring } from '../support/firing/firing.ts';
import { assertProperty } from '../support/property.ts';

const unhurried = new AbortController().signal;

const BOOKING_FAULTS: readonly Fault[] = [
  ...(
    ['reset', 'reset-after', 'reset-late', 'html', 'truncated', 'logout', 'too-early', 'huge', 'redirect'] as const
  ).map((kind) => ({ kind })),
  ...[403, 429, 500, 502, 503, 504].map((status) => ({ kind: 'status' as const, status })),
  { kind: 'answer', body: '{"bookState":-9}' },
  { kind: 'answer', body: '[]' },
];
const READING_FAULTS: readonly Fault[] = [{ kind: 'reset' }, { kind: 'status', status: 503 }, { kind: 'html' }];

const trouble = fc.record({
  booking: fc.array(fc.constantFrom(...BOOKING_FAULTS), { minLength: 1, maxLength: 10 }),
  reading: fc.array(fc.constantFrom(...READING_FAULTS), { maxLength: 2 }),
  answerMs: fc.constantFrom(0, 120),
});

test('whatever faults AimHarder shows, in any order, there is one booking or a reason for none', () =>
  assertProperty(
    fc.asyncProperty(trouble, async ({ booking, reading, answerMs }) => {
      const { fire, simulator, stop } = await startFiring({ answerMs: { min: answerMs, max: answerMs } });
      for (const fault of booking) simulator.failNext('/api/book', fault);
      for (const fault of reading) simulator.failNext('/api/bookings', fault);

      const { status, result, arrivals, reservations } = await fire(2_200).finally(stop);

      expect(result.shots).toBe(arrivals.length);
      expect(arrivals.every((lateness) => lateness >= 0)).toBe(true);
      expect(reservations).toBe(status === 'booked' ? 1 : 0);
      if (status === 'failed') expect(result.outcome).not.toBe('booked');
    }),
    { numRuns: 60 },
  ));

test('a timetable request that is never answered does not delay the shot', async ({ onTestFinished }) => {
  const { fire, simulator, stop } = await startFiring();
  onTestFinished(stop);
  simulator.failNext('/api/bookings', { kind: 'silent' });

  const { status, arrivals } = await fire(5_500);

  expect(status).toBe('booked');
  expect(arrivals).toEqual([100]);
});

test('a firing that loses its lease between two shots sends no further shot', async ({ onTestFinished }) => {
  const { fireOnce, simulator, documents, clock, stop } = await startFiring({ answerMs: { min: 250, max: 250 } });
  onTestFinished(stop);
  simulator.failNext('/api/book', { kind: 'too-early' }, 100);
  const claimByAnother = async () => {
    while (simulator.record.bookings.length === 0) await clock.until(clock.monotonic() + 10, unhurried);
    const { Items = [] } = await documents.send(new ScanCommand({ TableName: 'prebookings', ConsistentRead: true }));
    const [{ email, id }] = Items as [{ email: string; id: string }];
    await documents.send(
      new UpdateCommand({
        TableName: 'prebookings',
        Key: { email, id },
        UpdateExpression: 'SET attempt = :other',
        ExpressionAttributeValues: { ':other': 'other' },
      }),
    );
  };

  const [{ end, arrivals }] = await Promise.all([fireOnce(1_500), claimByAnother()]);

  expect(end).toBe('lease-lost');
  expect(arrivals).toEqual([100]);
});

test('a firing that takes over, and reads that there is no booking, counts on from the earlier shots', async ({
  onTestFinished,
}) => {
  const { fire, simulator, stop } = await startFiring();
  onTestFinished(stop);
  simulator.failNext('/api/book', { kind: 'too-early' }, 4);

  const { result, arrivals } = await fire(1_500, { shotsBefore: 3 });

  expect(result).toMatchObject({ outcome: 'booked', shots: 8 });
  // The pauses go on where the earlier firing was: 120, 240 and 480 ms, then a second.
  expect(arrivals).toEqual([100, 220, 460, 940, 1_940]);
});

test('a firing that takes over, and cannot read the timetable, sends no shot', async ({ onTestFinished }) => {
  const { fireOnce, simulator, stop } = await startFiring();
  onTestFinished(stop);
  simulator.failNext('/api/bookings', { kind: 'status', status: 503 }, 10);

  const { end, arrivals } = await fireOnce(1_500, { shotsBefore: 3 });

  expect(end).toBe('timetable-unreadable');
  expect(arrivals).toEqual([]);
});
