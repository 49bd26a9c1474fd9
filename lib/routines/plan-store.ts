import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, putIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { decodePlan, planItem } from './plan-record.ts';
import type { Plan } from './routine.ts';

export type PlanStore = ReturnType<typeof planStore>;

const Due = z.object({ email: z.string() });

/**
 * Members' routines and pauses (table: PK `email`; index `due`): one item per member, so that a limit holds, and a change is
 * whole. Every write states the revision it saw.
 */
export function planStore({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  /** A member's plan, which is empty until it is written. Read consistently. */
  async function find(email: string): Promise<Plan> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { email }, ConsistentRead: true }));
    if (Item) return decodePlan(Item);
    return { email, routines: [], pauses: [], revision: 0, planAt: null, claimedUntil: null };
  }

  /** Writes a plan in place of the one it was made from; whoever had claimed that has it no more. @returns undefined when another write came first. */
  async function put(plan: Plan): Promise<Plan | undefined> {
    const next: Plan = { ...plan, revision: plan.revision + 1, claimedUntil: null };
    const written = putIf(documents, { TableName: table, Item: planItem(next), ...asSeen(plan.revision) });
    return (await written) ? next : undefined;
  }

  /** Becomes the one at work on a plan. @returns undefined when another write came first. */
  async function claim(plan: Plan, until: Instant): Promise<Plan | undefined> {
    const revision = plan.revision + 1;
    const claimed = await updateIf(documents, {
      TableName: table,
      Key: { email: plan.email },
      UpdateExpression: 'SET revision = :next, claimedUntil = :until',
      ConditionExpression: 'revision = :seen',
      ExpressionAttributeValues: { ':seen': plan.revision, ':next': revision, ':until': toIso(until) },
    });
    return claimed ? { ...plan, revision, claimedUntil: until } : undefined;
  }

  /** Whose plans in one shard are due. The index is eventually consistent: the plan itself tells. */
  async function* due(shard: number, before: Instant): AsyncGenerator<string, undefined> {
    const pages = paginateQuery(
      { client: documents },
      {
        TableName: table,
        IndexName: 'due',
        KeyConditionExpression: 'planShard = :shard AND planAt <= :before',
        ExpressionAttributeValues: { ':shard': shard, ':before': toIso(before) },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => Due.parse(item).email);
    return undefined;
  }

  return { find, put, claim, due };
}

const asSeen = (revision: number) =>
  revision === 0
    ? { ConditionExpression: 'attribute_not_exists(email)' }
    : { ConditionExpression: 'revision = :seen', ExpressionAttributeValues: { ':seen': revision } };
