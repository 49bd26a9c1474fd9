import { GetCommand, paginateQuery, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Clock, Instant } from '../platform/clock.ts';
import { type Documents, deleteIf, epochSeconds, putIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { claimWrites } from './claim-writes.ts';
import {
  type Cancelled,
  type Finished,
  isPrebookingId,
  KEPT_FOR,
  type Pending,
  type Prebooking,
  type PrebookingKey,
} from './prebooking.ts';
import { armedShard, decodePrebooking, itemOf } from './prebooking-record.ts';

export type PrebookingStore = ReturnType<typeof prebookingStore>;

/** Sort key of the one item per member that holds the ids of its pending pre-bookings. No pre-booking's id looks like it. */
export const PENDING_IDS = '#pending';

const IndexKey = z.object({ email: z.string(), id: z.string() });

/** Pre-bookings (table: PK `email`, SK `id`). Every change names the state it may start from. */
export function prebookingStore({
  documents,
  table,
  clock,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
}) {
  const update = (key: PrebookingKey, change: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<boolean> =>
    updateIf(documents, { TableName: table, Key: keyOf(key), ...change });

  async function find(key: PrebookingKey): Promise<Prebooking | undefined> {
    if (!isPrebookingId(key.id)) return undefined;
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }));
    return Item && !isPastTimeToLive(Item, clock.now()) ? decodePrebooking(Item) : undefined;
  }

  /** All of a member's pre-bookings, by id. */
  async function list(email: string): Promise<readonly Prebooking[]> {
    const pages = paginateQuery(
      { client: documents },
      {
        TableName: table,
        KeyConditionExpression: 'email = :email AND id > :pendingIds',
        ExpressionAttributeValues: { ':email': email, ':pendingIds': PENDING_IDS },
        ConsistentRead: true,
      },
    );
    const all: Prebooking[] = [];
    for await (const { Items = [] } of pages) {
      all.push(...Items.filter((item) => !isPastTimeToLive(item, clock.now())).map(decodePrebooking));
    }
    return all;
  }

  /** Counts a pre-booking against its member's limit; counting it again changes nothing. @returns false at the limit. */
  const reserve = ({ email, id }: PrebookingKey, limit: number): Promise<boolean> =>
    update(
      { email, id: PENDING_IDS },
      {
        UpdateExpression: 'ADD pendingIds :ids',
        ConditionExpression:
          'attribute_not_exists(pendingIds) OR contains(pendingIds, :id) OR size(pendingIds) < :limit',
        ExpressionAttributeValues: { ':ids': new Set([id]), ':id': id, ':limit': limit },
      },
    );

  /** Gives a place under the limit back; giving it back again changes nothing. */
  async function release({ email, id }: PrebookingKey): Promise<void> {
    await update(
      { email, id: PENDING_IDS },
      {
        UpdateExpression: 'DELETE pendingIds :ids',
        ExpressionAttributeValues: { ':ids': new Set([id]) },
      },
    );
  }

  /** Writes a new order where there is none, or in place of the one that was seen finished. @returns false when another order came first. */
  const put = (prebooking: Prebooking, replaces: Prebooking | undefined): Promise<boolean> =>
    putIf(documents, {
      TableName: table,
      Item: itemOf(prebooking),
      ...(replaces
        ? {
            ConditionExpression: '#order = :seen AND #status = :status',
            ExpressionAttributeNames: { '#order': 'order', '#status': 'status' },
            ExpressionAttributeValues: { ':seen': replaces.generation, ':status': replaces.status },
          }
        : { ConditionExpression: 'attribute_not_exists(id)' }),
    });

  /** Takes an order back whose wake-up could not be set. */
  const undoOrder = (prebooking: Pending): Promise<boolean> =>
    deleteIf(documents, {
      TableName: table,
      Key: keyOf(prebooking),
      ConditionExpression: '#order = :order AND #status = :pending AND attribute_not_exists(attempt)',
      ExpressionAttributeNames: { '#order': 'order', '#status': 'status' },
      ExpressionAttributeValues: { ':order': prebooking.generation, ':pending': 'pending' },
    });

  /** Notes that the wake-up is set. */
  const markArmed = (prebooking: Pending): Promise<boolean> =>
    update(prebooking, {
      UpdateExpression: 'SET armed = :yes, openingShard = :shard REMOVE postponed',
      ConditionExpression: `#order = :order AND #status = :pending`,
      ExpressionAttributeNames: { '#order': 'order', '#status': 'status' },
      ExpressionAttributeValues: {
        ':yes': true,
        ':shard': armedShard(prebooking.id),
        ':order': prebooking.generation,
        ':pending': 'pending',
      },
    });

  /** pending → cancelled. @returns false when it is no longer pending. */
  const cancel = (prebooking: Pending, by: Cancelled['cancelledBy'], now: Instant): Promise<boolean> =>
    update(prebooking, {
      UpdateExpression:
        'SET #status = :cancelled, cancelledBy = :by, expiresAt = :expires REMOVE openingShard, attempt, attemptUntil, armed',
      ConditionExpression: '#order = :order AND #status = :pending',
      ExpressionAttributeNames: { '#order': 'order', '#status': 'status' },
      ExpressionAttributeValues: {
        ':cancelled': 'cancelled',
        ':by': by,
        ':pending': 'pending',
        ':order': prebooking.generation,
        ':expires': epochSeconds(now + KEPT_FOR),
      },
    });

  /** Notes that the world was told. */
  const markPublished = (finished: Finished): Promise<boolean> =>
    update(finished, {
      UpdateExpression: 'REMOVE openingShard',
      ConditionExpression: '#order = :order AND #status = :status',
      ExpressionAttributeNames: { '#order': 'order', '#status': 'status' },
      ExpressionAttributeValues: { ':order': finished.generation, ':status': finished.status },
    });

  /** Keys of one shard of those that have ended, which nobody was told of yet. */
  const unpublished = (shard: number): AsyncGenerator<PrebookingKey> => unfinished(shard, END_OF_TIME);

  /** Keys of one shard of the unfinished that open before an instant, and not before another. The index is eventually consistent. */
  async function* unfinished(
    shard: number,
    opensBefore: Instant,
    opensFrom: Instant = 0,
  ): AsyncGenerator<PrebookingKey> {
    const pages = paginateQuery(
      { client: documents },
      {
        TableName: table,
        IndexName: 'unfinished',
        KeyConditionExpression: 'openingShard = :shard AND opensAt BETWEEN :from AND :last',
        ExpressionAttributeValues: { ':shard': shard, ':from': toIso(opensFrom), ':last': toIso(opensBefore - 1) },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => IndexKey.parse(item));
  }

  return {
    find,
    list,
    reserve,
    release,
    put,
    undoOrder,
    markArmed,
    cancel,
    ...claimWrites(update, release),
    unfinished,
    markPublished,
    unpublished,
  };
}

const END_OF_TIME: Instant = Date.UTC(9999, 11, 31);

const TimeToLive = z.object({ expiresAt: z.optional(z.number()) });

/** DynamoDB deletes days after the time to live; until then the item must already count as gone. */
export function isPastTimeToLive(item: unknown, now: Instant): boolean {
  const { expiresAt } = TimeToLive.parse(item);
  return expiresAt !== undefined && expiresAt <= epochSeconds(now);
}

const keyOf = ({ email, id }: PrebookingKey) => ({ email, id });
