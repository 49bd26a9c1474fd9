import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DAY, type Instant, MINUTE } from '../platform/clock.ts';
import { type Documents, epochSeconds, putIf, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { hashToRange } from '../platform/hash.ts';
import { parseJson } from '../platform/json.ts';
import { StoredInstant } from '../platform/stored-fields.ts';
import type { Channel } from './backoff.ts';
import type { Message } from './message.ts';

export type Content =
  | {
      readonly channel: 'webhook';
      /** The JSON that is signed and sent. */
      readonly body: string;
    }
  | { readonly channel: 'email'; readonly subject: string; readonly text: string };

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
export type StoredMessage = Message & {
  readonly eventId: string;
  readonly channel: Channel;
  readonly state: 'waiting' | Ending;
  readonly createdAt: Instant;
};

/** The key of a message, and the time at which the index shows it as due. */
export type DueMessage = { readonly email: string; readonly id: string; readonly dueAt: Instant };

/** How a message ends. `given-up`: it was tried too often. `dropped`: its member no longer wants it. */
type Ending = 'sent' | 'given-up' | 'dropped';

/** How long a message is kept, in milliseconds. A message that is kept is never sent twice for one event. */
const RETENTION = 30 * DAY;

/** How long a caller may work on a claimed message, in milliseconds: longer than one try takes. */
export const LEASE = MINUTE;

const SHARD_COUNT = 4;

/** The partitions of the index of due messages. */
export const SHARDS: readonly number[] = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

const STILL_DUE_AS_SEEN = 'dueAt = :seen';

/** Records the ending, and removes the message from the index of due messages. */
const END = {
  UpdateExpression: 'SET #state = :ending REMOVE dueAt, dueShard',
  ExpressionAttributeNames: { '#state': 'state' },
} as const;

/**
 * Stores messages to members, one item per event and channel (table: PK `email`, SK `id`; sparse index `due`). A caller claims
 * a message by moving its `dueAt`, and may complete it only while `dueAt` is unchanged. So no two callers send it, and after a
 * crash it becomes due again. A claim lasts longer than the SDK repeats a write whose answer was lost. So only `dropWebhooks`
 * can replace the mark of such a write, which does no harm, because a dropped message is not sent.
 */
export class Outbox {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Adds a message and claims it. @returns undefined if this event already has a message for this channel. */
  async add(email: string, eventId: string, content: Content, now: Instant): Promise<ClaimedMessage | undefined> {
    const item = { ...content, email, tries: 1, createdAt: now, dueAt: now + LEASE };
    const added = await putIf(this.#documents, {
      TableName: this.#table,
      Item: {
        ...item,
        id: messageId(eventId, content.channel),
        createdAt: toIso(item.createdAt),
        dueAt: toIso(item.dueAt),
        dueShard: hashToRange(eventId, SHARD_COUNT),
        expiresAt: epochSeconds(now + RETENTION),
      },
      ConditionExpression: 'attribute_not_exists(id)',
    });
    return added ? { ...item, eventId } : undefined;
  }

  /** Claims a due message. @returns undefined if another caller has claimed or completed it. */
  async claimMessage({ email, id, dueAt }: DueMessage, now: Instant): Promise<ClaimedMessage | undefined> {
    const claimed = await updateAndReadIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id },
      UpdateExpression: 'SET dueAt = :until ADD tries :one',
      ConditionExpression: STILL_DUE_AS_SEEN,
      ExpressionAttributeValues: { ':until': toIso(now + LEASE), ':one': 1, ':seen': toIso(dueAt) },
    });
    return claimed && decodeMessage(claimed);
  }

  /** Ends a claimed message. @returns false if another caller has claimed it since. */
  complete({ email, eventId, channel, dueAt }: ClaimedMessage, ending: Ending): Promise<boolean> {
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id: messageId(eventId, channel) },
      ...END,
      ConditionExpression: STILL_DUE_AS_SEEN,
      ExpressionAttributeValues: { ':ending': ending, ':seen': toIso(dueAt) },
    });
  }

  /** Releases a claimed message, so that it is due at `until`. @returns false if another caller has claimed it since. */
  postpone({ email, eventId, channel, dueAt }: ClaimedMessage, until: Instant): Promise<boolean> {
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id: messageId(eventId, channel) },
      UpdateExpression: 'SET dueAt = :until',
      ConditionExpression: STILL_DUE_AS_SEEN,
      ExpressionAttributeValues: { ':until': toIso(until), ':seen': toIso(dueAt) },
    });
  }

  /** Finds the due messages of a shard, the longest due first. The index is eventually consistent. */
  async *findDue(shard: number, now: Instant): AsyncGenerator<DueMessage, undefined> {
    const pages = paginateQuery(
      { client: this.#documents },
      {
        TableName: this.#table,
        IndexName: 'due',
        KeyConditionExpression: 'dueShard = :shard AND dueAt <= :now',
        ExpressionAttributeValues: { ':shard': shard, ':now': toIso(now) },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => DueMessageItem.parse(item));
    return undefined;
  }

  /** Lists the messages of a member that are kept, the earliest first, with strongly consistent reads. */
  async list(email: string): Promise<readonly StoredMessage[]> {
    const pages = paginateQuery(
      { client: this.#documents },
      {
        TableName: this.#table,
        KeyConditionExpression: 'email = :email',
        ExpressionAttributeValues: { ':email': email },
        ConsistentRead: true,
      },
    );
    const all: StoredMessage[] = [];
    for await (const { Items = [] } of pages) all.push(...Items.map(decodeStoredMessage));
    return all.toSorted((one, other) => one.createdAt - other.createdAt);
  }

  /** Drops all waiting messages of a member's webhook, claimed ones included. */
  async dropWebhooks(email: string): Promise<void> {
    const pages = paginateQuery(
      { client: this.#documents },
      {
        TableName: this.#table,
        KeyConditionExpression: 'email = :email',
        FilterExpression: 'channel = :webhook AND attribute_exists(dueAt)',
        ProjectionExpression: 'email, id, dueAt',
        ExpressionAttributeValues: { ':email': email, ':webhook': 'webhook' },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages)
      await Promise.all(Items.map((item) => this.#drop(DueMessageItem.parse(item))));
  }

  #drop({ email, id }: DueMessage): Promise<boolean> {
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id },
      ...END,
      ConditionExpression: 'attribute_exists(dueAt)',
      ExpressionAttributeValues: { ':ending': 'dropped' },
    });
  }
}

const messageId = (eventId: string, channel: Channel): string => `${eventId}#${channel}`;

export const channelOf = (id: string): Channel => (id.endsWith('#webhook') ? 'webhook' : 'email');

const common = { email: z.string(), id: z.string(), tries: z.number(), createdAt: StoredInstant, dueAt: StoredInstant };

const MessageItem = z.discriminatedUnion('channel', [
  z.object({ ...common, channel: z.literal('webhook'), body: z.string() }),
  z.object({ ...common, channel: z.literal('email'), subject: z.string(), text: z.string() }),
]);

const DueMessageItem = z.object({ email: z.string(), id: z.string(), dueAt: StoredInstant });

/** Decodes an item of the table. @throws ZodError if it is not a message. */
function decodeMessage(item: unknown): ClaimedMessage {
  const { id, ...message } = MessageItem.parse(item);
  return { ...message, eventId: id.slice(0, id.lastIndexOf('#')) };
}

const StoredFields = z.object({
  id: z.string(),
  channel: z.enum(['webhook', 'email']),
  state: z._default(z.enum(['waiting', 'sent', 'given-up', 'dropped']), 'waiting'),
  createdAt: StoredInstant,
  subject: z.optional(z.string()),
  text: z.optional(z.string()),
  body: z.optional(z.string()),
});

/** The texts in the body of a webhook request. */
const WebhookTexts = z.object({ data: z.object({ subject: z.string(), text: z.string() }) });

function decodeStoredMessage(item: unknown): StoredMessage {
  const { id, channel, state, createdAt, subject = '', text = '', body } = StoredFields.parse(item);
  const told = body === undefined ? undefined : WebhookTexts.safeParse(parseJson(body)).data?.data;
  return { eventId: id.slice(0, id.lastIndexOf('#')), channel, state, createdAt, ...(told ?? { subject, text }) };
}
