import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { parseJson } from '../platform/json.ts';
import { OptionalInstant, OptionalText, StoredInstant } from '../platform/stored-fields.ts';
import { CHANNELS, type Channel, type Note } from './channel.ts';
import { EVENT_MESSAGE_KINDS } from './notification-settings.ts';

/** A note, and the receiver that it is for. @property receiver the receiver's id; '' if the channel has only one. */
export type Content = Note & { readonly channel: Channel; readonly receiver: string };

/** A message that only this caller may send, until its lease ends at `dueAt`. */
export type ClaimedMessage = Content & {
  readonly email: string;
  readonly eventId: string;
  /** How often it was tried, this time included. */
  readonly tries: number;
  readonly createdAt: Instant;
  readonly dueAt: Instant;
};

/** A message as its member may read it. */
export type StoredMessage = Pick<Content, 'subject' | 'text' | 'channel'> & {
  readonly eventId: string;
  readonly state: 'waiting' | Ending;
  readonly createdAt: Instant;
};

/** The key of a message, and the time at which the index shows it as due. */
export type DueMessage = { readonly email: string; readonly id: string; readonly dueAt: Instant };

/** How a message ends. `given-up`: no more tries. `dropped`: its member no longer wants it, or a newer message says more. */
export type Ending = 'sent' | 'given-up' | 'dropped';

/** Builds the key that tells a member's receivers apart: the channel, and the receiver's id if the channel may have several. */
export const receiverKey = ({ channel, receiver }: Pick<Content, 'channel' | 'receiver'>): string =>
  receiver === '' ? channel : `${channel}:${receiver}`;

export const messageId = (eventId: string, content: Pick<Content, 'channel' | 'receiver'>): string =>
  `${eventId}#${receiverKey(content)}`;

/** Reads from a message's id the key of the receiver that it is for (`receiverKey`). */
export const receiverOf = (id: string): string => id.slice(id.lastIndexOf('#') + 1);

/** Reads from a message's id the id of its event. */
const parseEventId = (id: string): string => id.slice(0, id.lastIndexOf('#'));

export const MessageId = z.object({ id: z.string() });

export const DueMessageItem = z.object({ email: z.string(), id: z.string(), dueAt: StoredInstant });

/** The note in a stored item. An earlier version stored a webhook's texts in the body only, so the other fields have defaults. */
const StoredNote = z.object({
  channel: z.enum(CHANNELS),
  receiver: z._default(z.string(), ''),
  subject: z._default(z.string(), ''),
  text: z._default(z.string(), ''),
  kind: z._default(z.enum([...EVENT_MESSAGE_KINDS, 'test', 'channel-disabled']), 'booked'),
  about: OptionalText,
  happenedAt: OptionalInstant,
  link: OptionalText,
  body: OptionalText,
});

const MessageItem = z.extend(StoredNote, {
  email: z.string(),
  id: z.string(),
  tries: z.number(),
  createdAt: StoredInstant,
  dueAt: StoredInstant,
});

/** Decodes an item of the table. @throws ZodError if it is not a message. */
export function decodeMessage(item: unknown): ClaimedMessage {
  const { id, ...message } = MessageItem.parse(item);
  return { ...message, eventId: parseEventId(id), happenedAt: message.happenedAt ?? message.createdAt };
}

const StoredMessageItem = z.extend(StoredNote, {
  id: z.string(),
  state: z._default(z.enum(['waiting', 'sent', 'given-up', 'dropped']), 'waiting'),
  createdAt: StoredInstant,
});

/** The texts in the body of a webhook request. */
const WebhookTexts = z.object({ data: z.object({ subject: z.string(), text: z.string() }) });

/** Decodes an item of the table for its member. Of an earlier version's webhook message, the texts are those in the body. */
export function decodeStoredMessage(item: unknown): StoredMessage {
  const { id, channel, state, createdAt, subject, text, body } = StoredMessageItem.parse(item);
  const textsInBody = body === null ? undefined : WebhookTexts.safeParse(parseJson(body)).data?.data;
  return { eventId: parseEventId(id), channel, state, createdAt, ...(textsInBody ?? { subject, text }) };
}
