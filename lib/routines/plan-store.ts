import { randomUUID } from 'node:crypto';
import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, type Evidence, putIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { decodeReadable, throwUnreadable } from '../platform/stored-fields.ts';
import { decodePlan, encodePlan } from './plan-record.ts';
import type { Plan } from './routine.ts';

const DueItem = z.object({ email: z.string() });

/**
 * Stores members' routines and pauses (table: PK `email`; index `due`: PK `planShard`, SK `planAt`). A member has one item, so
 * that each change is one write and the limits hold. Every write names the revision that its caller saw, and fails if another
 * write came first.
 */
export class PlanStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /**
   * Loads a member's plan, with a strongly consistent read. The plan is empty if none is stored.
   *
   * @param onUnreadable gets the error of an item that cannot be decoded; the result is then an empty plan, which must not be stored. By
   *   default, the error is thrown.
   */
  async find(email: string, onUnreadable = throwUnreadable): Promise<Plan> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { email }, ConsistentRead: true }),
    );
    const plan = Item && decodeReadable(Item, decodePlan, onUnreadable);
    return plan ?? { email, routines: [], pauses: [], revision: 0, planAt: null, claimedUntil: null };
  }

  /** Replaces the plan and ends any claim of it. @returns the stored plan; undefined if another write came first. */
  put(plan: Plan): Promise<Plan | undefined> {
    return this.#put(plan);
  }

  /**
   * Stores a plan that its member has changed, as `put` does. The change has an id (`lastChange`), which the planner's writes keep.
   * If the write's answer is lost, that id shows that the change was stored, even if the planner has written since.
   */
  putChanged(plan: Plan): Promise<Plan | undefined> {
    const lastChange = randomUUID();
    return this.#put({ ...plan, lastChange }, { lastChange });
  }

  async #put(plan: Plan, evidence?: Evidence): Promise<Plan | undefined> {
    const next: Plan = { ...plan, revision: plan.revision + 1, claimedUntil: null };
    const put = { TableName: this.#table, Item: encodePlan(next), ...ifRevisionIs(plan.revision) };
    return (await putIf(this.#documents, put, evidence)) ? next : undefined;
  }

  /** Claims a plan for a planner. @returns the claimed plan; undefined if another write came first. */
  async claim(plan: Plan, until: Instant): Promise<Plan | undefined> {
    const revision = plan.revision + 1;
    const claimedUntil = toIso(until);
    const update = {
      TableName: this.#table,
      Key: { email: plan.email },
      UpdateExpression: 'SET revision = :next, claimedUntil = :until',
      ConditionExpression: 'revision = :seen',
      ExpressionAttributeValues: { ':seen': plan.revision, ':next': revision, ':until': claimedUntil },
    };
    const isClaimed = await updateIf(this.#documents, update, { revision, claimedUntil });
    return isClaimed ? { ...plan, revision, claimedUntil: until } : undefined;
  }

  /**
   * Finds the members of a shard whose plans are due at an instant. The index is eventually consistent, so callers check the plan
   * itself.
   */
  async *findDue(shard: number, at: Instant): AsyncGenerator<string, undefined> {
    const pages = paginateQuery(
      { client: this.#documents },
      {
        TableName: this.#table,
        IndexName: 'due',
        KeyConditionExpression: 'planShard = :shard AND planAt <= :at',
        ExpressionAttributeValues: { ':shard': shard, ':at': toIso(at) },
      },
    );
    for await (const { Items = [] } of pages) yield* Items.map((item) => DueItem.parse(item).email);
    return undefined;
  }
}

const ifRevisionIs = (revision: number) =>
  revision === 0
    ? { ConditionExpression: 'attribute_not_exists(email)' }
    : { ConditionExpression: 'revision = :seen', ExpressionAttributeValues: { ':seen': revision } };
