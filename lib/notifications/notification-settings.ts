import type { EventType, ServiceEvent } from '../events/event-schemas.ts';
import { isUncertain } from '../events/outcome.ts';
import type { Instant } from '../platform/clock.ts';

export const LANGUAGES = ['es', 'ca', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The kinds of events that a member can be notified of. */
export const KINDS = [
  'booked',
  'waitlisted',
  'promoted',
  'failed',
  'login-needed',
  'routine-blocked',
  'routine-cleared',
  'wake-up-late',
  'wake-up-lost',
] as const;
export type Kind = (typeof KINDS)[number];

const KIND_OF: Readonly<Record<EventType, Kind>> = {
  'PreBooking Booked': 'booked',
  'PreBooking Waitlisted': 'waitlisted',
  'PreBooking Failed': 'failed',
  'Booking Promoted': 'promoted',
  'PreBooking AtRisk': 'login-needed',
  'Session LoginRequired': 'login-needed',
  'Member NotInvited': 'login-needed',
  'Routine Blocked': 'routine-blocked',
  'Routine Cleared': 'routine-cleared',
  'WakeUp Late': 'wake-up-late',
  'WakeUp Lost': 'wake-up-lost',
};
export const kindOf = (type: EventType): Kind => KIND_OF[type];

/** The kinds of messages about events: the event's kind, or `uncertain` if nobody knows whether the member has a place. */
export const EVENT_MESSAGE_KINDS = [...KINDS, 'uncertain'] as const;
export type EventMessageKind = (typeof EVENT_MESSAGE_KINDS)[number];

export const findMessageKind = (event: ServiceEvent): EventMessageKind =>
  event.type === 'PreBooking Failed' && isUncertain(event.detail.outcome) ? 'uncertain' : kindOf(event.type);

export type Preferences = {
  readonly email: boolean;
  readonly language: Language;
  readonly events: readonly Kind[];
};

/** The channels whose receiver a member sets by its address. */
export const RECEIVER_CHANNELS = ['webhook', 'ntfy', 'telegram'] as const;
export type ReceiverChannel = (typeof RECEIVER_CHANNELS)[number];

/** A receiver that a member has set. */
export type ReceiverSettings = {
  /** The URL of a webhook or of an ntfy topic, or the id of a Telegram chat. */
  readonly address: string;
  /** What proves us to the receiver (a signing secret or a token), encrypted; null if nothing does. */
  readonly encryptedSecret: string | null;
  /** A new random id whenever the address, the secret or `disabledAt` changes. A write names the version that it saw. */
  readonly version: string;
  /** Since when no message was delivered; null after a success. */
  readonly failingSince: Instant | null;
  readonly disabledAt: Instant | null;
  /** Why the last try failed; null if it succeeded. */
  readonly lastError: string | null;
};

export type Receivers = Readonly<Record<ReceiverChannel, ReceiverSettings | null>>;

export type Settings = Preferences & Receivers;

const NO_RECEIVERS: Receivers = { webhook: null, ntfy: null, telegram: null };

/** The settings of a member who has set nothing: there is no channel, so nothing is sent. */
export const DEFAULTS: Settings = { ...NO_RECEIVERS, email: false, language: 'es', events: KINDS };
