import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { encrypt } from '../../../lib/platform/encryption.ts';
import { storeKeys } from '../sessions/session-world.ts';

/** The member whose items version 0.1.0 has stored. */
export const EARLIER_MEMBER = 'earlier@example.com';

const email = EARLIER_MEMBER;
const at = '2026-03-18T12:00:00.000Z';
const later = '2026-03-24T17:00:00.000Z';
const expiresAt = 1_800_000_000;

const session = {
  ...{ email, state: 'active', tokenVersion: 'v1', createdAt: at, updatedAt: at, lastTokenUpdateAt: at },
  ...{ token: 'k1.token', cookies: 'k1.cookies', tokenUpdateCount: 3, refreshSlot: 5 },
  boxes: [{ box: 'crossfit-demo', boxId: '9818', name: 'Demo' }],
};

/** Makes a pre-booking's id of one digit. */
export const idOf = (digit: string): string => digit.repeat(32);

const prebooking = (digit: string) => ({
  ...{
    email,
    id: idOf(digit),
    order: 1,
    box: 'crossfit-demo',
    boxId: '9818',
    day: '2026-03-24',
    classId: '1',
    familyId: null,
  },
  ...{ className: 'WOD', classTime: '18:00', whenFull: null, routineId: null, classStartsAt: later },
  ...{ opensAt: later, wakesAt: later, createdAt: at },
});

const routine = (id: string, problem: object | null) => ({
  ...{ id, box: 'crossfit-demo', boxId: '9818', weekday: 2, startsAt: '18:00', className: 'WOD', familyId: null },
  ...{ whenFull: 'waitlist', from: null, until: null, opening: { daysBefore: 4 }, skip: ['2026-03-31'] },
  ...{ createdAt: at, planAt: at, problem },
});

const message = { email, tries: 1, createdAt: at, expiresAt };

/**
 * Items as version 0.1.0 has written them, by table: every kind, with the attributes of that version only. A decoder that
 * needs an attribute which a later version has added would lose what members have.
 */
const EARLIER_ITEMS: Readonly<Record<string, readonly object[]>> = {
  sessions: [
    { ...session, fingerprint: 'phone-12345', sessionType: 'device', protected: false, expiresAt },
    { ...session, fingerprint: 'background-1', sessionType: 'background', protected: true },
    { email: '#refresh', fingerprint: 'cursor', minute: 29_000_000, unfinished: new Set([28_999_999]) },
  ],
  prebookings: [
    { email, id: '#pending', pendingIds: new Set([idOf('1')]) },
    { email, id: '#opening#crossfit-demo#', openingRule: { daysBefore: 4 } },
    { ...prebooking('1'), status: 'pending', armed: true, openingShard: 1 },
    { ...prebooking('2'), status: 'firing', attempt: 'one', attemptUntil: later, shots: 0, openingShard: 2 },
    {
      ...{ ...prebooking('3'), status: 'booked', expiresAt },
      result: {
        ...{ outcome: 'booked', bookingId: '7', code: null, message: null, firedAt: later },
        ...{ latenessMs: 9, latenessBoundMs: 12, shots: 1, aimedBy: 'calibrated' },
      },
    },
    { ...prebooking('4'), status: 'cancelled', cancelledBy: 'routine', expiresAt },
  ],
  bookings: [
    {
      ...{ email, booking: 'crossfit-demo#7', expiresAt },
      booked: {
        ...{ kind: 'booked', box: 'crossfit-demo', day: '2026-03-24', classId: '1', familyId: null },
        ...{ className: 'WOD', classStartsAt: later, at },
      },
    },
    { email, booking: 'crossfit-demo#8', cancelledAt: at, expiresAt },
  ],
  messages: [
    { ...message, id: 'event-1#webhook', channel: 'webhook', dueAt: later, dueShard: 1, body: webhookBody() },
    { ...message, id: 'event-1#email', channel: 'email', state: 'sent', subject: 'Booked', text: 'Booked.' },
  ],
  routines: [
    {
      ...{ email, revision: 3, planAt: at, planShard: 1 },
      routines: [
        routine('r1', null),
        routine('r2', { day: '2026-03-24', code: 'class-not-found', detail: 'There is no such class.' }),
      ],
      pauses: [{ from: '2026-08-01', until: '2026-08-15', routineId: null }],
    },
  ],
  calendars: [{ email, secretHash: 'hash', createdAt: at }],
  notifications: [
    {
      ...{ email, mail: true, language: 'ca', webhookUrl: 'https://example.com/hook', webhookSecret: 'k1.secret' },
      ...{ webhookVersion: 'w1', events: ['booked', 'waitlisted', 'failed', 'login-needed', 'wake-up-late'] },
    },
  ],
  credentials: [{ email, password: encrypt(storeKeys, 'secret', [email, 'password']), keptAt: at }],
  boxes: [{ box: 'crossfit-demo', boxId: '9818', name: 'Demo', openingRule: { daysBefore: 4 }, openingAdvance: 96 }],
};

function webhookBody(): string {
  return JSON.stringify({ type: 'prebooking.booked', timestamp: at, data: { subject: 'Booked', text: 'Booked.' } });
}

/** Stores the items of version 0.1.0. */
export async function storeEarlierItems(documents: Documents): Promise<void> {
  for (const [TableName, items] of Object.entries(EARLIER_ITEMS))
    for (const Item of items) await documents.send(new PutCommand({ TableName, Item }));
}
