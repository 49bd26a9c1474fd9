import { paginateQuery, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { DAY, type Instant, MINUTE } from '../platform/clock.ts';
import { applied, type Documents, epochSeconds, putIf, toIso } from '../platform/dynamodb.ts';
import type { Channel } from './backoff.ts';

export type Outbox = ReturnType<typeof outbox>;

export type Content =
  | { readonly channel: 'webhook' /** JSON, as it is signed and sent. */; readonly body: string }
  | { readonly channel: 'email'; readonly subject: string; readonly text: string };

/** A message that this caller alone is at work on, until it is due again. */
export type ClaimedMessage = Content & {
  readonly email: string;
  readonly eventId: string;
  /** The present one included. */
  readonly tries: number;
  readonly createdAt: Instant;
  readonly dueAt: Instant;
};

/** A message in the index of those that are due. */
export type DueMessage = { readonly email: string; readonly id: string; readonly dueAt: Instant };

const KEPT_FOR = 30 * DAY;

/** Longer than a try takes: whoever has taken a message and died is followed by another after this. */
export const LEASE = MINUTE;

/** Partitions of the index of what is due. */
const SHARDS = 4;
const shardOf = (eventId: string): number =>
  [...eventId].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % SHARDS;

export const channelOf = (id: string): Channel => (id.endsWith('#webhook') ? 'webhook' : 'email');

const StoredInstant = z.pipe(
  z.string(),
  z.transform((iso: string) => Date.parse(iso)),
);
const common = { email: z.string(), id: z.string(), tries: z.number(), createdAt: StoredInstant, dueAt: StoredInstant };
const MessageItem = z.discriminatedUnion('channel', [
  z.object({ ...common, channel: z.literal('webhook'), body: z.string() }),
  z.object({ ...common, channel: z.literal('email'), subject: z.string(), text: z.string() }),
]);
const IndexKey = z.object({ email: z.string(), id: z.string(), dueAt: StoredInstant });

/**
 * What members are to be told, one item per event and channel (table: PK `email`, SK `id`; sparse index `due`). Whoever
 * takes a message moves the instant at which it is due, and settles it only if that is still the one: nobody else sends it
 * meanwhile, and a crash leaves it due again.
 */
export function outbox({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  const update = (key: Pick<DueMessage, 'email' | 'id'>, change: Omit<UpdateCommandInput, 'TableName' | 'Key'>) =>
    documents.send(new UpdateCommand({ TableName: table, Key: { email: key.email, id: key.id }, ...change }));

  /** Writes a message, taken already. @returns undefined when the same event is there for this channel. */
  async function add(
    email: string,
    eventId: string,
    content: Content,
    now: Instant,
  ): Promise<ClaimedMessage | undefined> {
    const taken = { ...content, email, eventId, tries: 1, createdAt: now, dueAt: now + LEASE };
    const { eventId: _, ...rest } = taken;
    const added = await putIf(documents, {
      TableName: table,
      Item: {
        ...rest,
        id: idOf(taken),
        createdAt: toIso(taken.createdAt),
        dueAt: toIso(taken.dueAt),
        dueShard: shardOf(eventId),
        expiresAt: epochSeconds(now + KEPT_FOR),
      },
      ConditionExpression: 'attribute_not_exists(id)',
    });
    return added ? taken : undefined;
  }

  /** Takes a message that was seen to be due. @returns undefined when another has it, or it is settled. */
  async function claimMessage(due: DueMessage, now: Instant): Promise<ClaimedMessage | undefined> {
    let taken: ClaimedMessage | undefined;
    const taking = update(due, {
      UpdateExpression: 'SET dueAt = :until ADD tries :one',
      ConditionExpression: STILL,
      ExpressionAttributeValues: { ':until': toIso(now + LEASE), ':one': 1, ':seen': toIso(due.dueAt) },
      ReturnValues: 'ALL_NEW',
    });
    await applied(
      taking.then(({ Attributes }) => {
        const { id, ...message } = MessageItem.parse(Attributes);
        taken = { ...message, eventId: id.slice(0, id.lastIndexOf('#')) };
      }),
    );
    return taken;
  }

  /** It was delivered, or will never be. @returns false when another has it by now. */
  const complete = (taken: ClaimedMessage, how: 'sent' | 'given-up' | 'dropped'): Promise<boolean> =>
    applied(
      update(keyOf(taken), {
        UpdateExpression: 'SET #state = :how REMOVE dueAt, dueShard',
        ConditionExpression: STILL,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':how': how, ':seen': toIso(taken.dueAt) },
      }),
    );

  const postpone = (taken: ClaimedMessage, until: Instant): Promise<boolean> =>
    applied(
      update(keyOf(taken), {
        UpdateExpression: 'SET dueAt = :until',
        ConditionExpression: STILL,
        ExpressionAttributeValues: { ':until': toIso(until), ':seen': toIso(taken.dueAt) },
      }),
    );

  /** What is due, the longest first in each partition. The index is eventually consistent. */
  async function* due(shard: number, now: Instant): AsyncGenerator<DueMessage> {
    const pages = paginateQuery(
      { client: documents },
      {
        TableName: table,
        IndexName: 'due',
        KeyConditionExpression: 'dueShard = :shard AND dueAt <= :now',
        ExpressionAttributeValues: { ':shard': shard, ':now': toIso(now) },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => IndexKey.parse(item));
  }

  const shards = Array.from({ length: SHARDS }, (_, shard) => shard);

  /** Nothing more goes to a member's webhook of what was to be. */
  async function dropWebhooks(email: string): Promise<void> {
    const pages = paginateQuery(
      { client: documents },
      {
        TableName: table,
        KeyConditionExpression: 'email = :email',
        FilterExpression: 'channel = :webhook AND attribute_exists(dueAt)',
        ProjectionExpression: 'email, id, dueAt',
        ExpressionAttributeValues: { ':email': email, ':webhook': 'webhook' },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) await Promise.all(Items.map((item) => drop(IndexKey.parse(item))));
  }

  const drop = (key: DueMessage): Promise<boolean> =>
    applied(
      update(key, {
        UpdateExpression: 'SET #state = :dropped REMOVE dueAt, dueShard',
        ConditionExpression: 'attribute_exists(dueAt)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':dropped': 'dropped' },
      }),
    );

  return { add, claimMessage, complete, postpone, due, shards, dropWebhooks };
}

const STILL = 'dueAt = :seen';

const idOf = ({ eventId, channel }: Pick<ClaimedMessage, 'eventId' | 'channel'>): string => `${eventId}#${channel}`;
const keyOf = (taken: ClaimedMessage) => ({ email: taken.email, id: idOf(taken) });
