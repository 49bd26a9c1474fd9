import { createHash } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Clock } from './clock.ts';
import { type Documents, epochSeconds, updateIf } from './dynamodb.ts';
import type { Allowance } from './limits.ts';

const LimitItem = z.object({ usedUntil: z.number() });

/** What is taken from an allowance: the name of the limit, its member, and how many acts at once (1 by default). */
export type Taking = {
  readonly limit: string;
  readonly email: string;
  readonly allowance: Allowance;
  readonly acts?: number;
};

/**
 * Limits how often members act, over all instances of all functions (table: PK `subject`). An item holds one instant,
 * `usedUntil`, to which each act adds `everyMs`. The allowance is used up while that instant lies `atOnce` acts ahead. This is the
 * generic cell rate algorithm (ITU-T I.371), a token bucket of one number. DynamoDB deletes an item once it limits nothing.
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

  /** Takes acts from an allowance. @returns 0, or after how many milliseconds they would be free: then none was taken. */
  async take(taking: Taking): Promise<number> {
    // Most members have used nothing for a while, so one write is enough. If the period ends before #extend, #begin is right again.
    const isTaken = (await this.#begin(taking)) || (await this.#extend(taking)) || (await this.#begin(taking));
    return isTaken ? 0 : this.#waitFor(taking);
  }

  /** Gives back acts that were taken, as far as they are still counted. */
  async giveBack(taking: Taking): Promise<void> {
    await updateIf(this.#documents, {
      ...this.#item(taking),
      UpdateExpression: 'SET usedUntil = usedUntil - :cost',
      ConditionExpression: 'usedUntil > :now',
      ExpressionAttributeValues: { ':cost': costOf(taking), ':now': this.#clock.now() },
    });
  }

  /** Begins a new period of use. @returns false if one is running. */
  #begin(taking: Taking): Promise<boolean> {
    const now = this.#clock.now();
    const usedUntil = now + costOf(taking);
    return updateIf(this.#documents, {
      ...this.#item(taking),
      UpdateExpression: 'SET usedUntil = :usedUntil, expiresAt = :expires',
      ConditionExpression: 'attribute_not_exists(usedUntil) OR usedUntil <= :now',
      ExpressionAttributeValues: { ':usedUntil': usedUntil, ':now': now, ':expires': this.#expiry(taking) },
    });
  }

  /**
   * Extends the running period. If the write's answer is lost, and another act is counted before the SDK repeats the write, this
   * one counts twice: the limit is only stricter.
   *
   * @returns false if no period is running, or the allowance is used up.
   */
  #extend(taking: Taking): Promise<boolean> {
    return updateIf(this.#documents, {
      ...this.#item(taking),
      UpdateExpression: 'SET usedUntil = usedUntil + :cost, expiresAt = :expires',
      ConditionExpression: 'usedUntil > :now AND usedUntil <= :latest',
      ExpressionAttributeValues: {
        ':cost': costOf(taking),
        ':now': this.#clock.now(),
        ':latest': this.#latest(taking),
        ':expires': this.#expiry(taking),
      },
    });
  }

  async #waitFor(taking: Taking): Promise<number> {
    const { Item } = await this.#documents.send(new GetCommand({ ...this.#item(taking), ConsistentRead: true }));
    return Math.max(1, (Item ? LimitItem.parse(Item).usedUntil : 0) - this.#latest(taking));
  }

  /** The latest end of the running period at which the acts are still free. */
  #latest(taking: Taking): number {
    const { atOnce, everyMs } = taking.allowance;
    return this.#clock.now() + atOnce * everyMs - costOf(taking);
  }

  #expiry({ allowance: { atOnce, everyMs } }: Taking): number {
    return epochSeconds(this.#clock.now() + atOnce * everyMs);
  }

  #item({ limit, email }: Taking) {
    return { TableName: this.#table, Key: { subject: hashSubject(limit, email) } };
  }
}

const costOf = ({ allowance, acts = 1 }: Taking): number => acts * allowance.everyMs;

/** Hashes the name of a counter, so that its table holds no list of e-mails and addresses. */
export const hashSubject = (...parts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
