import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, SECOND } from '../platform/clock.ts';
import { type Documents, epochSeconds, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { LIMITS } from '../platform/limits.ts';
import { hashSubject, RateLimits } from '../platform/rate-limits.ts';

/** How many attempts that AimHarder does not answer a counter allows for each wrong password. */
const UNANSWERED = LIMITS.wrongPasswords.unansweredForEach;

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

/** A counted login attempt. Until its end is known, nobody may use its place. */
export type CountedAttempt = {
  /** AimHarder has accepted the password: the attempt counts as a login. */
  accepted(): Promise<void>;
  /** AimHarder has not accepted it: the attempt counts as a wrong password. */
  refused(): Promise<void>;
  /**
   * AimHarder has not answered. That proves no password wrong, but AimHarder may have counted the attempt: a counter
   * allows four of them for each wrong password (`LIMITS`).
   */
  unanswered(): Promise<void>;
};

/** A counter, named by the hash of an address or e-mail, and how many attempts it allows in one window. */
type Limit = { readonly subject: string; readonly limit: number };

type CountedWindow = { readonly subject: string; readonly windowEndsAt: string };

const Counter = z.object({
  /** The attempts under way, and those that were refused. */
  attempts: z.number(),
  /** Those that were refused. */
  failures: z._default(z.number(), 0),
  unanswered: z._default(z.number(), 0),
  windowEndsAt: z.string(),
});
type Counter = z.output<typeof Counter>;

/**
 * How long an attempt waits for others that are under way, in milliseconds, and for how long between two looks: a login at
 * AimHarder takes one or two seconds.
 */
const WAITS = 6 * SECOND;
const LOOKS_EVERY = 0.3 * SECOND;

/**
 * Limits password guessing, and the logins of a member, because AimHarder locks accounts that log in too often. An attempt is counted
 * *before* AimHarder checks it, so that only five of thirty concurrent guesses pass. An attempt that finds all places taken waits
 * as long as others are under way, because their passwords may be right: a family at one address logs in at once. All Lambda
 * instances share the counters, which are kept in a table (PK `subject`).
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
   * Counts a login attempt, once there is a place for it.
   *
   * @throws AppError too-many-attempts, with the seconds until the window ends; too-many-requests after too many logins.
   */
  async count(attempt: LoginAttempt, signal: AbortSignal): Promise<CountedAttempt> {
    const counted: CountedWindow[] = [];
    const end = async (by: Ending) => void (await Promise.all(counted.map((one) => this.#endAttempt(one, by))));
    const login = { limit: 'logins', email: attempt.email, allowance: LIMITS.logins };
    try {
      await this.#countAll(limitsFor(attempt), counted, signal);
      // The limits of wrong passwords come first, so that strangers who guess use up few of the member's logins at a time.
      const wait = await this.#logins.take(login);
      if (wait > 0)
        throw new AppError('too-many-requests', 'You log in too often. Wait a moment.', {
          retryAfter: Math.ceil(wait / SECOND),
        });
    } catch (error) {
      await end(UNCOUNTED);
      throw error;
    }
    const endWithoutLogin = async (by: Ending) => void (await Promise.all([end(by), this.#logins.giveBack(login)]));
    return {
      accepted: () => end(UNCOUNTED),
      refused: () => endWithoutLogin(FAILED),
      unanswered: () => endWithoutLogin(NOT_ANSWERED),
    };
  }

  /** Counts an attempt in each of its counters, and waits for places. @param counted gets the windows that it was counted in. */
  async #countAll(limits: readonly Limit[], counted: CountedWindow[], signal: AbortSignal): Promise<void> {
    const clock = this.#clock;
    const waitsUntil = clock.monotonic() + WAITS;
    for (const { subject, limit } of limits) {
      let windowEndsAt = await this.#countInWindow(subject, limit);
      while (windowEndsAt === undefined) {
        const counter = await this.#find(subject);
        const refusal = this.#refusalBy(counter, limit, clock.monotonic() < waitsUntil);
        if (refusal) throw refusal;
        // A look that finds no place only reads: twenty who wait would write sixty times in each look.
        if (this.#isFull(counter, limit)) await clock.until(clock.monotonic() + LOOKS_EVERY, signal);
        else windowEndsAt = await this.#countInWindow(subject, limit);
      }
      counted.push({ subject, windowEndsAt });
    }
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
      ConditionExpression:
        'windowEndsAt > :now AND attempts < :limit AND (attribute_not_exists(unanswered) OR unanswered < :most)',
      ExpressionAttributeValues: {
        ':one': 1,
        ':limit': limit,
        ':most': limit * UNANSWERED,
        ':now': toIso(this.#clock.now()),
      },
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
      UpdateExpression: 'SET attempts = :one, windowEndsAt = :end, expiresAt = :expires REMOVE failures, unanswered',
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

  /** Records the end of an attempt; twice in the rare case that `#increment` describes, and one more guess passes. */
  async #endAttempt({ subject, windowEndsAt }: CountedWindow, { change, by }: Ending): Promise<void> {
    await updateIf(this.#documents, {
      TableName: this.#table,
      Key: { subject },
      UpdateExpression: `ADD ${change}`,
      ConditionExpression: 'windowEndsAt = :window AND attempts > :zero',
      ExpressionAttributeValues: { ':window': windowEndsAt, ':zero': 0, ...by },
    });
  }

  async #find(subject: string): Promise<Counter | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { subject }, ConsistentRead: true }),
    );
    return Item && Counter.parse(Item);
  }

  /** Whether the window is open and all its places are taken. */
  #isFull(counter: Counter | undefined, limit: number): boolean {
    return counter !== undefined && Date.parse(counter.windowEndsAt) > this.#clock.now() && counter.attempts >= limit;
  }

  /** Says why an attempt finds no place. @returns undefined if it is to look again, because others are under way. */
  #refusalBy(counter: Counter | undefined, limit: number, mayWait: boolean): AppError | undefined {
    const now = this.#clock.now();
    const windowEndsAt = counter ? Date.parse(counter.windowEndsAt) : now;
    const retryAfter = Math.max(1, Math.ceil((windowEndsAt - now) / SECOND));
    if (counter && counter.unanswered >= limit * UNANSWERED)
      return new AppError('too-many-attempts', 'AimHarder has not answered your last logins. Try again later.', {
        retryAfter,
      });
    // Without a wrong password too many, the places are taken by attempts under way.
    if (mayWait && (counter?.failures ?? 0) < limit) return undefined;
    return new AppError('too-many-attempts', 'Too many wrong passwords. Try again later.', { retryAfter });
  }
}

/** What the end of an attempt changes in its counters. */
type Ending = { readonly change: string; readonly by: Readonly<Record<string, number>> };

const UNCOUNTED: Ending = { change: 'attempts :minusOne', by: { ':minusOne': -1 } };
const FAILED: Ending = { change: 'failures :one', by: { ':one': 1 } };
const NOT_ANSWERED: Ending = {
  change: 'attempts :minusOne, unanswered :one',
  by: { ':minusOne': -1, ':one': 1 },
};

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
