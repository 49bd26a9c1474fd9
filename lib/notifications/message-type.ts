import type { EventType, ServiceEvent } from '../events/event-schemas.ts';
import type { Instant } from '../platform/clock.ts';
import { isoOf } from '../platform/dynamodb.ts';
import type { Message } from './message.ts';

/** The names of events on a webhook: levels with full stops between, as the specification recommends. */
export const WEBHOOK_TYPES: Readonly<Record<EventType, string>> = {
  'PreBooking Booked': 'prebooking.booked',
  'PreBooking Waitlisted': 'prebooking.waitlisted',
  'PreBooking Failed': 'prebooking.failed',
  'PreBooking AtRisk': 'prebooking.at_risk',
  'Session LoginRequired': 'session.login_required',
  'WakeUp Late': 'wake_up.late',
  'WakeUp Lost': 'wake_up.lost',
};

/** The body of a webhook's request: the event as it is published, and what its member reads of it. */
export const payloadOf = ({ type, detail }: ServiceEvent, at: Instant, { subject, text }: Message): string =>
  JSON.stringify({ type: WEBHOOK_TYPES[type], timestamp: isoOf(at), data: { ...detail, subject, text } });
