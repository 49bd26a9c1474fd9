import { createHash } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Clock } from './clock.ts';
import { type Documents, epochSeconds, updateIf } from './dynamodb.ts';
import type { Allowance } from './limits.ts';

const LimitItem = z.object({ usedUntil: z.number() });

/** The use of an allowance by a member. */
export type AllowanceUse = {
  /** The name of the limit. */
  readonly limit: string;
  readonly email: string;
  readonly allowance: Allowance;
  /** How many actions are counted together; 1 by default. */
  readonly actions?: number;
};

/**
 * Limits how often members act, over all instances of all functions (table: PK `subject`). An item holds one instant,
 * `usedUntil`, to which each action adds `everyMs`. An action is refused if it would move that instant more than `atOnce * everyMs`
 * ahead of now. While the instant lies ahead, a *period* of use runs. This is the generic cell rate algorithm (ITU-T I.371), a
 * token bucket of one number. DynamoDB deletes an item once it limits nothing.
 */
export class RateLimits {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;

  constructor({
    documents,
    table,
    clock,
  }: { readonly documents: Documents; readonly table: string; readonly clock: Clock }) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
  }

  /** Counts actions, if all of them are allowed. @returns 0 if they are; otherwise in how many milliseconds they will be. */
  async take(use: AllowanceUse): Promise<number> {
    // Most members have used nothing for a while, so one write is enough. The second #begin succeeds if the running period
    // ends between the first #begin and #extend.
    const isTaken = (await this.#begin(use)) || (await this.#extend(use)) || (await this.#begin(use));
    return isTaken ? 0 : this.#computeWait(use);
  }

  /** Gives back the actions of a use, as far as they are still counted. */
  async giveBack(use: AllowanceUse): Promise<void> {
    await updateIf(this.#documents, {
      ...this.#itemKey(use),
      UpdateExpression: 'SET usedUntil = usedUntil - :cost',
      ConditionExpression: 'usedUntil > :now',
      ExpressionAttributeValues: { ':cost': costOf(use), ':now': this.#clock.now() },
    });
  }

  /** Begins a new period of use. @returns false if one is running. */
  #begin(use: AllowanceUse): Promise<boolean> {
    const now = this.#clock.now();
    const usedUntil = now + costOf(use);
    return updateIf(this.#documents, {
      ...this.#itemKey(use),
      UpdateExpression: 'SET usedUntil = :usedUntil, expiresAt = :expires',
      ConditionExpression: 'attribute_not_exists(usedUntil) OR usedUntil <= :now',
      ExpressionAttributeValues: { ':usedUntil': usedUntil, ':now': now, ':expires': this.#expiry(use) },
    });
  }

  /**
   * Extends the running period. If the write's answer is lost, and another action is counted before the SDK repeats the write,
   * this action counts twice: that only makes the limit stricter.
   *
   * @returns false if no period is running, or the allowance is used up.
   */
  #extend(use: AllowanceUse): Promise<boolean> {
    return updateIf(this.#documents, {
      ...this.#itemKey(use),
      UpdateExpression: 'SET usedUntil = usedUntil + :cost, expiresAt = :expires',
      ConditionExpression: 'usedUntil > :now AND usedUntil <= :latest',
      ExpressionAttributeValues: {
        ':cost': costOf(use),
        ':now': this.#clock.now(),
        ':latest': this.#latestAllowed(use),
        ':expires': this.#expiry(use),
      },
    });
  }

  /** Computes how long refused actions have to wait, in milliseconds; at least 1, because 0 would mean that they are allowed. */
  async #computeWait(use: AllowanceUse): Promise<number> {
    const { Item } = await this.#documents.send(new GetCommand({ ...this.#itemKey(use), ConsistentRead: true }));
    return Math.max(1, (Item ? LimitItem.parse(Item).usedUntil : 0) - this.#latestAllowed(use));
  }

  /** Computes the latest `usedUntil` at which the actions are still allowed. */
  #latestAllowed(use: AllowanceUse): number {
    const { atOnce, everyMs } = use.allowance;
    return this.#clock.now() + atOnce * everyMs - costOf(use);
  }

  /** Computes when DynamoDB may delete the item, in Unix seconds: no `usedUntil` lies further ahead. */
  #expiry({ allowance: { atOnce, everyMs } }: AllowanceUse): number {
    return epochSeconds(this.#clock.now() + atOnce * everyMs);
  }

  #itemKey({ limit, email }: AllowanceUse) {
    return { TableName: this.#table, Key: { subject: hashSubject(limit, email) } };
  }
}

/** Computes by how many milliseconds the actions move `usedUntil`. */
const costOf = ({ allowance, actions = 1 }: AllowanceUse): number => actions * allowance.everyMs;

/** Hashes what names an item: a limit, and an e-mail or an IP address. The table then contains neither of them. */
export const hashSubject = (...parts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
