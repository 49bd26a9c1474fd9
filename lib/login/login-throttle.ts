import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { type Documents, epochSeconds, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { LIMITS } from '../platform/limits.ts';
import { hashSubject, RateLimits } from '../platform/rate-limits.ts';

/** Attempts are counted over this long, from the first one, in milliseconds. */
const WINDOW = LIMITS.wrongPasswords.windowMs;

/** Who tries to log in, as far as it is known before AimHarder has checked the password. */
export type LoginAttempt = {
  readonly email: string;
  /** The client's IP address as the gateway saw it; never taken from a header. */
  readonly sourceAddress: string;
  /** The fingerprint of a device that has proven to be the member's: by an access token, or by an earlier login. */
  readonly knownDevice: string | undefined;
  /** Whether the member has logged in from this address before. */
  readonly isKnownAddress: boolean;
  /** Whether the member has a session here. */
  readonly hasSession: boolean;
};

/** A counted login attempt. Until its end is known, it counts as a login and as a wrong password. */
export type CountedAttempt = {
  /** AimHarder has accepted the password: the attempt counts as a login. */
  accepted(): Promise<void>;
  /** AimHarder has not accepted it: the attempt counts as a wrong password. */
  refused(): Promise<void>;
  /** AimHarder has not answered: the attempt counts as neither. */
  unanswered(): Promise<void>;
};

/** A counter, named by the hash of an address or e-mail, and how many attempts it allows in one window. */
type Limit = { readonly subject: string; readonly limit: number };

type CountedWindow = { readonly subject: string; readonly windowEndsAt: string };

const Counter = z.object({ attempts: z.number(), windowEndsAt: z.string() });

/**
 * Limits password guessing, and the logins of a member, because AimHarder locks accounts that log in too often. An attempt is
 * counted *before* AimHarder checks it, so that only five of thirty concurrent guesses pass. All Lambda instances share the
 * counters, which are kept in a table (PK `subject`).
 */
export class LoginThrottle {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;
  readonly #logins: RateLimits;

  constructor({
    documents,
    table,
    clock,
  }: { readonly documents: Documents; readonly table: string; readonly clock: Clock }) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
    this.#logins = new RateLimits({ documents, table, clock });
  }

  /**
   * Counts a login attempt.
   *
   * @throws AppError too-many-attempts, with the seconds until the window ends; too-many-requests after too many logins.
   */
  async count(attempt: LoginAttempt): Promise<CountedAttempt> {
    const limits = limitsFor(attempt);
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
    // The limits of wrong passwords come first, so that strangers who guess use up few of the member's logins at a time.
    const login = { limit: 'logins', email: attempt.email, allowance: LIMITS.logins };
    const wait = await this.#logins.take(login);
    if (wait > 0) {
      await uncount();
      throw new AppError('too-many-requests', 'You log in too often. Wait a moment.', {
        retryAfter: Math.ceil(wait / 1_000),
      });
    }
    const refused = () => this.#logins.giveBack(login);
    return { accepted: uncount, refused, unanswered: async () => void (await Promise.all([uncount(), refused()])) };
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
   * @returns the end of the window; undefined if there is no open window, or it is full.
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

  /** Opens a window with this attempt. @returns its end; undefined if a window is open already. */
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

/**
 * Chooses the counters of an attempt. Strangers can use up neither the counter of a known device nor that of a known address,
 * so their guesses keep no member out. The attempts of members with a session here do not count for their address, so one
 * person who guesses on a gym's Wi-Fi locks no such member out.
 */
function limitsFor({ email, sourceAddress, knownDevice, isKnownAddress, hasSession }: LoginAttempt): readonly Limit[] {
  const { perOrigin, perEmail, perAddress } = LIMITS.wrongPasswords;
  const isKnown = knownDevice !== undefined || isKnownAddress;
  return [
    knownDevice === undefined
      ? { subject: hashSubject('address', email, sourceAddress), limit: perOrigin }
      : { subject: hashSubject('device', email, knownDevice), limit: perOrigin },
    ...(isKnown ? [] : [{ subject: hashSubject('email', email), limit: perEmail }]),
    ...(hasSession ? [] : [{ subject: hashSubject('all-emails', sourceAddress), limit: perAddress }]),
  ];
}
