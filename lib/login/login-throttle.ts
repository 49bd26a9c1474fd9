import { createHash } from 'node:crypto';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, MINUTE } from '../platform/clock.ts';
import { applied, type Documents, epochSeconds, toIso, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';

/** Failures are counted over this long, from the first one. */
const WINDOW = 15 * MINUTE;

/** Failures allowed per e-mail and source address, and per e-mail over all addresses. */
const PER_ADDRESS = 5;
const PER_EMAIL = 20;

export type LoginThrottle = ReturnType<typeof loginThrottle>;

/** An attempt that was counted before AimHarder was asked; given back unless the password was wrong. */
export type CountedLogin = { giveBack(): Promise<void> };

const Counter = z.object({ attempts: z.number(), windowEndsAt: z.string() });

/**
 * Limits password guessing. Attempts are counted *before* AimHarder is asked, so that of thirty guesses at once only
 * five pass; the table keeps the count, so that it survives a restart and holds for every Lambda instance.
 */
export function loginThrottle({
  documents,
  table,
  clock,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
}) {
  /**
   * @param exempt true for a caller who proved to be the member: no stranger can keep a member out.
   * @throws AppError too-many-attempts, with the seconds until the window ends.
   */
  async function count(email: string, sourceAddress: string, exempt: boolean): Promise<CountedLogin> {
    const subjects = [
      { subject: subjectOf('address', email, sourceAddress), limit: PER_ADDRESS },
      ...(exempt ? [] : [{ subject: subjectOf('email', email), limit: PER_EMAIL }]),
    ];
    const taken: Array<() => Promise<void>> = [];
    const giveBack = async () => {
      await Promise.all(taken.map((undo) => undo()));
    };
    for (const { subject, limit } of subjects) {
      const windowEndsAt = await take(subject, limit);
      if (windowEndsAt === undefined) {
        await giveBack();
        throw await refusal(subject);
      }
      taken.push(() => untake(subject, windowEndsAt));
    }
    return { giveBack };
  }

  /** @returns the window the attempt was counted in, or undefined when that is full. */
  async function take(subject: string, limit: number): Promise<string | undefined> {
    return (await add(subject, limit)) ?? (await begin(subject)) ?? (await add(subject, limit));
  }

  async function add(subject: string, limit: number): Promise<string | undefined> {
    let windowEndsAt: string | undefined;
    const counted = documents.send(
      new UpdateCommand({
        TableName: table,
        Key: { subject },
        UpdateExpression: 'ADD attempts :one',
        ConditionExpression: 'windowEndsAt > :now AND attempts < :limit',
        ExpressionAttributeValues: { ':one': 1, ':limit': limit, ':now': toIso(clock.now()) },
        ReturnValues: 'ALL_NEW',
      }),
    );
    await applied(
      counted.then(({ Attributes }) => {
        windowEndsAt = Counter.parse(Attributes).windowEndsAt;
      }),
    );
    return windowEndsAt;
  }

  async function begin(subject: string): Promise<string | undefined> {
    const now = clock.now();
    const windowEndsAt = toIso(now + WINDOW);
    const begun = await updateIf(documents, {
      TableName: table,
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
    return begun ? windowEndsAt : undefined;
  }

  async function untake(subject: string, windowEndsAt: string): Promise<void> {
    await updateIf(documents, {
      TableName: table,
      Key: { subject },
      UpdateExpression: 'ADD attempts :minusOne',
      ConditionExpression: 'windowEndsAt = :window AND attempts > :zero',
      ExpressionAttributeValues: { ':minusOne': -1, ':window': windowEndsAt, ':zero': 0 },
    });
  }

  async function refusal(subject: string): Promise<AppError> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { subject }, ConsistentRead: true }));
    const windowEndsAt = Item ? Date.parse(Counter.parse(Item).windowEndsAt) : clock.now();
    const retryAfter = Math.max(1, Math.ceil((windowEndsAt - clock.now()) / 1_000));
    return new AppError('too-many-attempts', 'Too many wrong passwords. Try again later.', { retryAfter });
  }

  return { count };
}

/** Hashed, so that the table holds no list of e-mails and addresses. */
const subjectOf = (...parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
