import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { type Documents, isoOf } from '../platform/dynamodb.ts';
import { sameName } from '../platform/text.ts';
import { type ClassOrder, isUnfinished, type Pending, type Prebooking } from './prebooking.ts';
import { decodePrebooking } from './prebooking-record.ts';
import { isOver, PENDING_IDS, type PrebookingStore } from './prebooking-store.ts';

export type PrebookingQueries = ReturnType<typeof prebookingQueries>;

const PendingIds = z.object({ pendingIds: z.optional(z.set(z.string())) });

/** What a member has ordered, found without its id. Read consistently. */
export function prebookingQueries({
  documents,
  table,
  clock,
  prebookings,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
  readonly prebookings: Pick<PrebookingStore, 'find' | 'release'>;
}) {
  /** Those that count against a member's limit. */
  async function counted(email: string): Promise<readonly (Prebooking | undefined)[]> {
    const key = { email, id: PENDING_IDS };
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    const { pendingIds = new Set<string>() } = PendingIds.parse(Item ?? {});
    return Promise.all([...pendingIds].map((id) => prebookings.find({ email, id })));
  }

  /** A member's pending pre-bookings: there are no more than the limit. */
  async function pendingOf(email: string): Promise<readonly Pending[]> {
    return (await counted(email)).filter((one): one is Pending => one?.status === 'pending');
  }

  /**
   * Gives back the places under a member's limit that whoever ended a pre-booking did not come to give back. One that is
   * not there yet may be being ordered, and keeps its place.
   */
  async function releaseEnded(email: string): Promise<void> {
    const ended = (await counted(email)).filter((one) => one !== undefined && !isUnfinished(one));
    await Promise.all(ended.map((one) => one && prebookings.release(one)));
  }

  /**
   * What became of a member's orders of one class, whatever slot id it had when it was ordered. A member seldom orders
   * more than one class of an hour: they fit in one answer.
   */
  async function ofClass(
    email: string,
    { box, familyId, className, classStartsAt }: Pick<ClassOrder, 'box' | 'familyId' | 'className' | 'classStartsAt'>,
  ): Promise<readonly Prebooking[]> {
    const { Items = [] } = await documents.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byClass',
        Select: 'ALL_ATTRIBUTES',
        KeyConditionExpression: 'email = :email AND classStartsAt = :start',
        ExpressionAttributeValues: { ':email': email, ':start': isoOf(classStartsAt) },
        ConsistentRead: true,
      }),
    );
    return Items.filter((item) => !isOver(item, clock.now()))
      .map(decodePrebooking)
      .filter((one) => one.box === box && one.familyId === familyId && sameName(one.className, className));
  }

  return { pendingOf, releaseEnded, ofClass };
}
