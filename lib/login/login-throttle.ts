import { createHash } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, MINUTE } from '../platform/clock.ts';
import { type Documents, epochSeconds, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';

/** Attempts are counted over this long, from the first one, in milliseconds. */
const WINDOW = 15 * MINUTE;

/** Wrong passwords allowed in one window: per e-mail and source address, and per e-mail over all addresses. */
const PER_ADDRESS = 5;
const PER_EMAIL = 20;

/** A counted login attempt. The login calls `uncount` unless AimHarder answers that the password is wrong. */
export type CountedAttempt = { uncount(): Promise<void> };

/** A counter, named by the hash of an address or e-mail, and how many attempts it allows in one window. */
type Limit = { readonly subject: string; readonly limit: number };

type CountedWindow = { readonly subject: string; readonly windowEndsAt: string };

const Counter = z.object({ attempts: z.number(), windowEndsAt: z.string() });

/**
 * Limits password guessing. An attempt is counted *before* AimHarder checks it, so that only five of thirty concurrent
 * guesses pass. All Lambda instances share the counters, which are kept in a table (PK `subject`).
 */
export class LoginThrottle {
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

  /**
   * Counts a login attempt.
   *
   * @param isMember the caller holds an access token of this member. The limit for each e-mail then does not apply, so
   *   that a stranger's guesses cannot lock the member out.
   * @throws AppError too-many-attempts, with the seconds until the window ends.
   */
  async count(email: string, sourceAddress: string, isMember: boolean): Promise<CountedAttempt> {
    const limits: readonly Limit[] = [
      { subject: hashSubject('address', email, sourceAddress), limit: PER_ADDRESS },
      ...(isMember ? [] : [{ subject: hashSubject('email', email), limit: PER_EMAIL }]),
    ];
    const counted: CountedWindow[] = [];
    const uncount = async () => {
      await Promise.all(counted.map((one) => this.#uncount(one)));
    };
    for (const { subject, limit } of limits) {
      const windowEndsAt = await this.#countInWindow(subject, limit);
      if (windowEndsAt === undefined) {
        await uncount();
        throw await this.#createRefusal(subject);
      }
      counted.push({ subject, windowEndsAt });
    }
    return { uncount };
  }

  /** @returns the end of the window that the attempt was counted in, or undefined if that window is full. */
  async #countInWindow(subject: string, limit: number): Promise<string | undefined> {
    return (
      (await this.#increment(subject, limit)) ??
      (await this.#openWindow(subject)) ??
      (await this.#increment(subject, limit))
    );
  }

  /**
   * Increments the counter. If the write's answer is lost, and another attempt is counted before the SDK repeats the write,
   * this attempt counts twice: the limit is only stricter.
   *
   * @returns undefined if there is no open window, or if it is full.
   */
  async #increment(subject: string, limit: number): Promise<string | undefined> {
    const counter = await updateAndReadIf(this.#documents, {
      TableName: this.#table,
      Key: { subject },
      UpdateExpression: 'ADD attempts :one',
      ConditionExpression: 'windowEndsAt > :now AND attempts < :limit',
      ExpressionAttributeValues: { ':one': 1, ':limit': limit, ':now': toIso(this.#clock.now()) },
    });
    return counter && Counter.parse(counter).windowEndsAt;
  }

  /** @returns undefined if there is an open window. */
  async #openWindow(subject: string): Promise<string | undefined> {
    const now = this.#clock.now();
    const windowEndsAt = toIso(now + WINDOW);
    const opened = await updateIf(this.#documents, {
      TableName: this.#table,
      Key: { subject },
      UpdateExpression: 'SET attempts = :one, windowEndsAt = :end, expiresAt = :expires',
      ConditionExpression: 'attribute_not_exists(subject) OR windowEndsAt <= :now',
      ExpressionAttributeValues: {
        ':one': 1,
        ':end': windowEndsAt,
        ':now': toIso(now),
        ':expires': epochSeconds(now + WINDOW),
      },
    });
    return opened ? windowEndsAt : undefined;
  }

  /** Decrements the counter; twice in the rare case that `#increment` describes, and one more guess passes. */
  async #uncount({ subject, windowEndsAt }: CountedWindow): Promise<void> {
    await updateIf(this.#documents, {
      TableName: this.#table,
      Key: { subject },
      UpdateExpression: 'ADD attempts :minusOne',
      ConditionExpression: 'windowEndsAt = :window AND attempts > :zero',
      ExpressionAttributeValues: { ':minusOne': -1, ':window': windowEndsAt, ':zero': 0 },
    });
  }

  async #createRefusal(subject: string): Promise<AppError> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { subject }, ConsistentRead: true }),
    );
    const now = this.#clock.now();
    const windowEndsAt = Item ? Date.parse(Counter.parse(Item).windowEndsAt) : now;
    const retryAfter = Math.max(1, Math.ceil((windowEndsAt - now) / 1_000));
    return new AppError('too-many-attempts', 'Too many wrong passwords. Try again later.', { retryAfter });
  }
}

/** Hashes the name of a counter, so that the table holds no list of e-mails and addresses. */
const hashSubject = (...parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
