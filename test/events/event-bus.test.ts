import { expect, test } from 'vitest';
import { decodeEvent } from '../../lib/events/event-bus.ts';

/** As EventBridge writes it (User Guide, "Events in Amazon EventBridge"): the time without milliseconds. */
const envelope = {
  ...{ version: '0', id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718', account: '111122223333', region: 'eu-west-1' },
  source: 'on-the-dot',
  'detail-type': 'Session LoginRequired',
  time: '2026-03-20T12:00:00Z',
  resources: [],
  detail: { version: '1', eventId: 'e-1', email: 'ada@example.com', since: '2026-03-20T11:59:59.123Z' },
};

test('an event is read as EventBridge delivers it', () => {
  expect(decodeEvent(envelope)).toEqual({
    event: { type: 'Session LoginRequired', detail: envelope.detail },
    at: Date.UTC(2026, 2, 20, 12),
  });
});

test.each([
  ['of somebody else', { source: 'aws.ec2' }],
  ['of a later version', { 'detail-type': 'Session Reborn' }],
  ['that only looks like a type', { 'detail-type': 'constructor' }],
])('one %s is none of ours', (_name, change) => {
  expect(decodeEvent({ ...envelope, ...change })).toBeUndefined();
});

test('one that is not what its type says is a failure, and not overlooked', () => {
  expect(() => decodeEvent({ ...envelope, 'detail-type': 'PreBooking Booked' })).toThrow();
  expect(() => decodeEvent({})).toThrow();
});
