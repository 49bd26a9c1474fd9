import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Clock, Instant } from '../platform/clock.ts';
import { deleteIf, epochSeconds, putIf, toIso } from '../platform/dynamodb.ts';
import { decodeReadable, type OnUnreadable, throwUnreadable } from '../platform/stored-fields.ts';
import { hasGeneration, hasStatus, keyOf, onlyIf, type PrebookingTable, updatePrebooking } from './conditions.ts';
import {
  type Cancelled,
  type Finished,
  isPrebookingId,
  type Pending,
  type Prebooking,
  type PrebookingKey,
  RETENTION,
  type Replaced,
  TRANSITIONS,
  UNCANCELLABLE_BEFORE,
} from './prebooking.ts';
import {
  armedShard,
  buildHoursChange,
  decodePrebooking,
  encodePrebooking,
  isPastTimeToLive,
  PREPARATION,
  QUOTA_ID,
  unarmedShard,
  unpublishedShard,
  waitingShard,
} from './prebooking-record.ts';
import { ReplacedOutcomes } from './replaced-outcomes.ts';

const IndexKey = z.object({ email: z.string(), id: z.string() });

/** The condition that the pre-booking has no lease, not even an expired one. */
const IS_UNCLAIMED = { text: 'attribute_not_exists(attempt)' };

/** The condition that the wake-up of a pre-booking is not known to be set. */
const IS_UNARMED = { text: 'armed = :no', values: { ':no': false } };

/** An instant after every opening. */
const END_OF_TIME: Instant = Date.UTC(9999, 11, 31);

/**
 * Reads and writes pre-bookings (table: PK `email`, SK `id`; index `unfinished`: PK `openingShard`, SK `opensAt`). A firing
 * writes through `ClaimWrites`. Each write returns false, and changes nothing, if the pre-booking has changed meanwhile.
 *
 * A write whose answer was lost is recognised by its mark. The SDK gives up after about 15 s. Until then only a cancellation or
 * a new order can replace the mark, because the sweep changes a new order only after 30 s.
 */
export class PrebookingStore {
  readonly replacedOutcomes: ReplacedOutcomes;
  readonly #table: PrebookingTable;
  readonly #clock: Clock;

  constructor({ clock, ...table }: PrebookingTable & { readonly clock: Clock }) {
    this.#table = table;
    this.#clock = clock;
    this.replacedOutcomes = new ReplacedOutcomes(table);
  }

  /** Finds a pre-booking. @param onUnreadable as for `list`: for an unreadable item, the result is undefined. */
  async find(key: PrebookingKey, onUnreadable = throwUnreadable): Promise<Prebooking | undefined> {
    if (!isPrebookingId(key.id)) return undefined;
    const { Item } = await this.#table.documents.send(
      new GetCommand({ TableName: this.#table.table, Key: keyOf(key), ConsistentRead: true }),
    );
    return Item && this.#decode(Item, onUnreadable);
  }

  /**
   * Lists all pre-bookings of a member, sorted by id.
   *
   * @param onUnreadable gets the error of an item that is no pre-booking; the list leaves that item out. By default, the error
   *   is thrown.
   */
  async list(email: string, onUnreadable = throwUnreadable): Promise<readonly Prebooking[]> {
    const pages = paginateQuery(
      { client: this.#table.documents },
      {
        TableName: this.#table.table,
        KeyConditionExpression: 'email = :email AND id > :quota',
        ExpressionAttributeValues: { ':email': email, ':quota': QUOTA_ID },
        ConsistentRead: true,
      },
    );
    const all: Prebooking[] = [];
    for await (const { Items = [] } of pages)
      for (const item of Items) {
        const prebooking = this.#decode(item, onUnreadable);
        if (prebooking) all.push(prebooking);
      }
    return all;
  }

  #decode(item: Readonly<Record<string, unknown>>, onUnreadable: OnUnreadable): Prebooking | undefined {
    return isPastTimeToLive(item, this.#clock.now()) ? undefined : decodeReadable(item, decodePrebooking, onUnreadable);
  }

  /**
   * Writes a new order.
   *
   * @param previous the ended order of the same class, which the new one replaces. An outcome that is still to be published is kept.
   */
  async put(prebooking: Prebooking, previous: Replaced | undefined): Promise<boolean> {
    if (previous) await this.replacedOutcomes.keep(prebooking);
    return putIf(this.#table.documents, {
      TableName: this.#table.table,
      Item: encodePrebooking(prebooking),
      ...(previous
        ? onlyIf([hasGeneration(previous.generation), hasStatus(TRANSITIONS.reorder)])
        : { ConditionExpression: 'attribute_not_exists(id)' }),
    });
  }

  /** Deletes an order whose wake-up could not be set, unless another request has set it or a firing has claimed the order. */
  undoOrder(prebooking: Pending): Promise<boolean> {
    return deleteIf(this.#table.documents, {
      TableName: this.#table.table,
      Key: keyOf(prebooking),
      ...onlyIf([hasGeneration(prebooking.generation), hasStatus(TRANSITIONS.undo), IS_UNCLAIMED, IS_UNARMED]),
    });
  }

  /** Records that the wake-up is set. */
  markArmed(prebooking: Pending): Promise<boolean> {
    const change = {
      text: 'SET armed = :yes, openingShard = :shard REMOVE postponed',
      values: { ':yes': true, ':shard': armedShard(prebooking.id) },
    };
    const conditions = [hasGeneration(prebooking.generation), hasStatus(['pending'])];
    return updatePrebooking(this.#table, prebooking, change, conditions, 'repeatable');
  }

  /** Follows a class that has moved, unless the pre-booking has been claimed. The new generation invalidates the old wake-up. */
  follow(seen: Pending, moved: Pending): Promise<boolean> {
    const { text, values } = buildHoursChange(moved);
    const change = {
      text: `SET #order = :next, armed = :no, postponed = :yes, openingShard = :shard, ${text}
        REMOVE ${PREPARATION}`,
      names: { '#order': 'order' },
      values: { ...values, ':next': moved.generation, ':no': false, ':yes': true, ':shard': unarmedShard(moved.id) },
    };
    const conditions = [hasGeneration(seen.generation), hasStatus(TRANSITIONS.follow), IS_UNCLAIMED];
    return updatePrebooking(this.#table, seen, change, conditions);
  }

  /**
   * Cancels an order. From 3 s before its opening (`UNCANCELLABLE_BEFORE`), that is possible only if no firing has claimed it.
   *
   * @returns false also if the write's answer is lost, and the member orders the class again before the SDK repeats the write.
   *   The new order then keeps the quota.
   */
  cancel(prebooking: Pending, by: Cancelled['cancelledBy'], now: Instant): Promise<boolean> {
    const change = {
      text: `SET #status = :cancelled, cancelledBy = :by, expiresAt = :expires
        REMOVE openingShard, attempt, attemptUntil, armed, ${PREPARATION}`,
      values: { ':cancelled': 'cancelled', ':by': by, ':expires': epochSeconds(now + RETENTION) },
    };
    const conditions = [
      hasGeneration(prebooking.generation),
      hasStatus(TRANSITIONS.cancel),
      ...(now < prebooking.opensAt - UNCANCELLABLE_BEFORE ? [] : [IS_UNCLAIMED]),
    ];
    return updatePrebooking(this.#table, prebooking, change, conditions);
  }

  /** Records that the outcome is published. From then on, a place on a waitlist is looked at until its class starts. */
  markPublished(finished: Finished): Promise<boolean> {
    const conditions = [hasGeneration(finished.generation), hasStatus([finished.status])];
    const change =
      finished.status === 'waitlisted'
        ? { text: 'SET openingShard = :waiting', values: { ':waiting': waitingShard(finished.id) } }
        : { text: 'REMOVE openingShard' };
    return updatePrebooking(this.#table, finished, change, conditions, 'repeatable');
  }

  /**
   * Records that a place on the waitlist has become a seat, and that this is still to be published. Refused until the earlier
   * outcome is published, because that outcome would be lost otherwise.
   */
  promote(waitlisted: Finished, bookingId: string | null, now: Instant): Promise<boolean> {
    const change = {
      text: `SET #status = :booked, #result.outcome = :booked, #result.bookingId = :booking, promotedAt = :now,
        openingShard = :unpublished`,
      names: { '#status': 'status', '#result': 'result' },
      values: {
        ...{ ':booked': 'booked', ':booking': bookingId, ':now': toIso(now) },
        ':unpublished': unpublishedShard(waitlisted.id),
      },
    };
    const isPublished = {
      text: '(attribute_not_exists(openingShard) OR openingShard = :waiting)',
      values: { ':waiting': waitingShard(waitlisted.id) },
    };
    const conditions = [hasGeneration(waitlisted.generation), hasStatus(TRANSITIONS.promote), isPublished];
    return updatePrebooking(this.#table, waitlisted, change, conditions);
  }

  /** Removes a place on a waitlist from those that are looked at, because it was given up, or its class has begun. */
  stopWaiting(key: PrebookingKey): Promise<boolean> {
    const isWaiting = { text: 'openingShard = :waiting', values: { ':waiting': waitingShard(key.id) } };
    return updatePrebooking(this.#table, key, { text: 'REMOVE openingShard' }, [isWaiting]);
  }

  /**
   * Finds all keys of a shard: of finished pre-bookings and watches whose outcome is still to be published
   * (`UNPUBLISHED_SHARDS`), or of places on waitlists (`WAITING_SHARDS`).
   */
  findKeys(shard: number): AsyncGenerator<PrebookingKey> {
    return this.findKeysByOpening(shard, END_OF_TIME);
  }

  /** Finds a shard's keys with openings from one instant (included) to another (excluded). The index is eventually consistent. */
  async *findKeysByOpening(shard: number, opensBefore: Instant, opensFrom: Instant = 0): AsyncGenerator<PrebookingKey> {
    const pages = paginateQuery(
      { client: this.#table.documents },
      {
        TableName: this.#table.table,
        IndexName: 'unfinished',
        KeyConditionExpression: 'openingShard = :shard AND opensAt BETWEEN :from AND :last',
        ExpressionAttributeValues: { ':shard': shard, ':from': toIso(opensFrom), ':last': toIso(opensBefore - 1) },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => IndexKey.parse(item));
  }
}
