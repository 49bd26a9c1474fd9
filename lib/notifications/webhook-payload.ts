import type { EventType, ServiceEvent } from '../events/event-schemas.ts';
import type { Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Note } from './channel.ts';
import type { Message } from './message.ts';

/** The types of webhook events: words joined by full stops, as Standard Webhooks recommends. */
export const WEBHOOK_TYPES: Readonly<Record<EventType, string>> = {
  'PreBooking Booked': 'prebooking.booked',
  'PreBooking Waitlisted': 'prebooking.waitlisted',
  'PreBooking Failed': 'prebooking.failed',
  'Booking Promoted': 'booking.promoted',
  'PreBooking AtRisk': 'prebooking.at_risk',
  'Session LoginRequired': 'session.login_required',
  'Member NotInvited': 'member.not_invited',
  'Routine Blocked': 'routine.blocked',
  'Routine Cleared': 'routine.cleared',
  'WakeUp Late': 'wake_up.late',
  'WakeUp Lost': 'wake_up.lost',
};

/** The types of messages that are about no event of the bus. */
export const NOTE_TYPES = { test: 'notification.test', 'channel-disabled': 'notification.channel_disabled' } as const;

/** Writes the body of a webhook request: the published event, and the message to the member. */
export const writePayload = ({ type, detail }: ServiceEvent, at: Instant, { subject, text }: Message): string =>
  JSON.stringify({ type: WEBHOOK_TYPES[type], timestamp: toIso(at), data: { ...detail, subject, text } });

/** Writes the body of a webhook request about no event. */
export const writeNoteBody = (
  { kind, subject, text }: Pick<Note, 'subject' | 'text'> & { readonly kind: keyof typeof NOTE_TYPES },
  email: string,
  at: Instant,
): string =>
  JSON.stringify({ type: NOTE_TYPES[kind], timestamp: toIso(at), data: { version: '1', email, subject, text } });
