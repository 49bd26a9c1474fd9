import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { DAY, type Instant, MINUTE } from '../platform/clock.ts';
import { type Documents, epochSeconds, putIf, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { hashToRange } from '../platform/hash.ts';
import { decodeReadable, throwUnreadable } from '../platform/stored-fields.ts';
import type { Channel } from './channel.ts';
import {
  type ClaimedMessage,
  type Content,
  type DueMessage,
  DueMessageItem,
  decodeMessage,
  decodeStoredMessage,
  type Ending,
  MessageId,
  messageId,
  receiverKey,
  receiverOf,
  type StoredMessage,
} from './message-record.ts';

/** How long a message is kept, in milliseconds. Until then, an event that is received again makes no second message. */
const RETENTION = 30 * DAY;

/** How long a caller may work on a claimed message, in milliseconds: longer than one try takes. */
export const LEASE = MINUTE;

/** How many partitions the index of due messages has. */
const SHARD_COUNT = 4;

/** The numbers of these partitions. */
export const SHARDS: readonly number[] = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** Says that a stored message cannot be decoded. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

/** The condition that no caller has claimed or ended the message since this caller saw its `dueAt`. */
const DUE_AT_UNCHANGED = 'dueAt = :seen';

/** The update that records the ending, and removes the message from the index of due messages. */
const END = {
  UpdateExpression: 'SET #state = :ending REMOVE dueAt, dueShard',
  ExpressionAttributeNames: { '#state': 'state' },
} as const;

/**
 * Stores messages to members, one item per event and receiver (table: PK `email`, SK `id`; sparse index `due`). A caller claims
 * a message by moving its `dueAt`, and may complete it only while `dueAt` is unchanged. So no two callers send it, and after a
 * crash it becomes due again.
 *
 * If the answer to a claim is lost, the SDK repeats the claim for less than `LEASE`. So no other claim replaces its mark
 * meanwhile. `dropWaiting` may replace the mark, which does no harm: a dropped message is not sent.
 */
export class Outbox {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Adds a message and claims it for its first try. @returns undefined if this event already has a message for this receiver. */
  async add(email: string, eventId: string, content: Content, now: Instant): Promise<ClaimedMessage | undefined> {
    const message = { ...content, email, eventId, tries: 1, createdAt: now, dueAt: now + LEASE };
    return (await this.#put(message)) ? message : undefined;
  }

  /** Adds a message that is due at once, without a claim: the next run of the retries sends it. */
  async enqueue(email: string, eventId: string, content: Content, now: Instant): Promise<void> {
    await this.#put({ ...content, email, eventId, tries: 0, createdAt: now, dueAt: now });
  }

  /** Writes a new message. @returns false if this event already has a message for this receiver. */
  #put({ eventId, ...item }: ClaimedMessage): Promise<boolean> {
    return putIf(this.#documents, {
      TableName: this.#table,
      Item: {
        ...item,
        id: messageId(eventId, item),
        createdAt: toIso(item.createdAt),
        happenedAt: toIso(item.happenedAt),
        dueAt: toIso(item.dueAt),
        dueShard: hashToRange(eventId, SHARD_COUNT),
        expiresAt: epochSeconds(item.createdAt + RETENTION),
      },
      ConditionExpression: 'attribute_not_exists(id)',
    });
  }

  /**
   * Claims a due message.
   *
   * @returns undefined if another caller has claimed, completed or deleted it.
   * @throws UnreadableMessage if it cannot be decoded. The message ends then, because no later try could decode it.
   */
  async claimMessage({ email, id, dueAt }: DueMessage, now: Instant): Promise<ClaimedMessage | undefined> {
    const claimed = await updateAndReadIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id },
      UpdateExpression: 'SET dueAt = :until ADD tries :one',
      ConditionExpression: DUE_AT_UNCHANGED,
      ExpressionAttributeValues: { ':until': toIso(now + LEASE), ':one': 1, ':seen': toIso(dueAt) },
    });
    try {
      return claimed && decodeMessage(claimed);
    } catch (cause) {
      await this.#end({ email, id }, 'given-up');
      throw new UnreadableMessage('A message cannot be decoded.', { cause });
    }
  }

  /** Ends a claimed message. @returns false if another caller has claimed it since. */
  complete({ email, eventId, dueAt, ...content }: ClaimedMessage, ending: Ending): Promise<boolean> {
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id: messageId(eventId, content) },
      ...END,
      ConditionExpression: DUE_AT_UNCHANGED,
      ExpressionAttributeValues: { ':ending': ending, ':seen': toIso(dueAt) },
    });
  }

  /** Releases a claimed message, so that it is due at `until`. @returns false if another caller has claimed it since. */
  postpone({ email, eventId, dueAt, ...content }: ClaimedMessage, until: Instant): Promise<boolean> {
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id: messageId(eventId, content) },
      UpdateExpression: 'SET dueAt = :until',
      ConditionExpression: DUE_AT_UNCHANGED,
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

  /**
   * Lists the messages of a member that are kept, the earliest first, with strongly consistent reads.
   *
   * @param onUnreadable gets the error of an item that cannot be decoded; the list leaves that item out. By default, the error is
   *   thrown.
   */
  async list(email: string, onUnreadable = throwUnreadable): Promise<readonly StoredMessage[]> {
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
    for await (const { Items = [] } of pages)
      all.push(...Items.flatMap((item) => decodeReadable(item, decodeStoredMessage, onUnreadable) ?? []));
    return all.toSorted((left, right) => left.createdAt - right.createdAt);
  }

  /** Drops all waiting messages for a member's receiver, claimed ones included. */
  async dropWaiting(email: string, { channel, receiver }: Pick<Content, 'channel' | 'receiver'>): Promise<void> {
    for await (const { id } of this.#findWaiting(email, channel))
      if (receiverOf(id) === receiverKey({ channel, receiver })) await this.#end({ email, id }, 'dropped');
  }

  /** Checks whether a later event about the same thing has a message for the same receiver. */
  async isSuperseded({ email, channel, receiver, about, happenedAt, createdAt }: ClaimedMessage): Promise<boolean> {
    if (about === null) return false;
    // The bus gives times in whole seconds. Of two events in one second, the one whose message was stored later counts as later.
    const isLater = '(happenedAt > :since OR (happenedAt = :since AND createdAt > :stored))';
    const pages = this.#queryPages(email, channel, `about = :about AND ${isLater}`, {
      ':about': about,
      ':since': toIso(happenedAt),
      ':stored': toIso(createdAt),
    });
    for await (const { Items = [] } of pages)
      if (Items.some((item) => receiverOf(MessageId.parse(item).id) === receiverKey({ channel, receiver })))
        return true;
    return false;
  }

  async *#findWaiting(email: string, channel: Channel): AsyncGenerator<DueMessage> {
    for await (const { Items = [] } of this.#queryPages(email, channel, 'attribute_exists(dueAt)'))
      yield* Items.map((item) => DueMessageItem.parse(item));
  }

  /** Reads a member's messages of a channel that a filter lets through. */
  #queryPages(email: string, channel: Channel, filter: string, values: Readonly<Record<string, string>> = {}) {
    return paginateQuery(
      { client: this.#documents },
      {
        TableName: this.#table,
        KeyConditionExpression: 'email = :email',
        FilterExpression: `channel = :channel AND ${filter}`,
        ProjectionExpression: 'email, id, dueAt',
        ExpressionAttributeValues: { ':email': email, ':channel': channel, ...values },
        ConsistentRead: true,
      },
    );
  }

  /** Ends a message that has not ended yet, even if a caller has claimed it. */
  #end({ email, id }: Pick<DueMessage, 'email' | 'id'>, ending: Ending): Promise<boolean> {
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email, id },
      ...END,
      ConditionExpression: 'attribute_exists(dueAt)',
      ExpressionAttributeValues: { ':ending': ending },
    });
  }
}
