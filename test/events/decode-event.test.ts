import { expect, test } from 'vitest';
import { decodeEvent } from '../../lib/events/decode-event.ts';

/** As EventBridge writes it (User Guide, "Events in Amazon EventBridge"): the time has no milliseconds. */
const envelope = {
  ...{ version: '0', id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718', account: '111122223333', region: 'eu-west-1' },
  source: 'on-the-dot',
  'detail-type': 'Session LoginRequired',
  time: '2026-03-20T12:00:00Z',
  resources: [],
  detail: { version: '1', eventId: 'e-1', email: 'ada@example.com', since: '2026-03-20T11:59:59.123Z' },
};

test('an event is decoded as EventBridge delivers it', () => {
  expect(decodeEvent(envelope)).toEqual({
    event: { type: 'Session LoginRequired', detail: envelope.detail },
    acceptedAt: Date.UTC(2026, 2, 20, 12),
  });
});

test.each([
  ['of another service', { source: 'aws.ec2' }],
  ['of a type that only a later version has', { 'detail-type': 'Session Reborn' }],
  ['whose type is the name of a built-in property', { 'detail-type': 'constructor' }],
])('an event %s is not ours', (_name, change) => {
  expect(decodeEvent({ ...envelope, ...change })).toBeUndefined();
});

test('an outcome of a later version is decoded as unknown', () => {
  const detail = {
    ...{ version: '1', eventId: 'e-1', email: 'ada@example.com', prebookingId: 'p', box: 'crossfit-demo' },
    ...{ day: '2026-03-24', classId: '42', familyId: null, className: 'WOD', bookingId: null, message: null },
    ...{ classStartsAt: '2026-03-24T18:00:00Z', opensAt: '2026-03-20T18:00:00Z', latenessMs: null, shots: 1 },
  };

  const received = decodeEvent({
    ...envelope,
    'detail-type': 'PreBooking Failed',
    detail: { ...detail, outcome: 'abducted' },
  });

  expect(received?.event.detail).toEqual({ ...detail, outcome: 'unknown', isAnswered: false });
});

test('an event whose detail does not match its type is an error', () => {
  expect(() => decodeEvent({ ...envelope, 'detail-type': 'PreBooking Booked' })).toThrow();
  expect(() => decodeEvent({})).toThrow();
});
