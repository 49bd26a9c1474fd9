import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, SECOND } from '../platform/clock.ts';
import { type Documents, epochSeconds, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { LIMITS } from '../platform/limits.ts';
import { hashSubject, RateLimits } from '../platform/rate-limits.ts';

/** How many attempts without an answer from AimHarder a counter allows for each wrong password that it allows. */
const UNANSWERED_FOR_EACH = LIMITS.wrongPasswords.unansweredForEach;

/** How long a counter counts attempts, from the first one, in milliseconds. */
const WINDOW = LIMITS.wrongPasswords.windowMs;

/** Who tries to log in, as far as it is known before AimHarder has checked the password. */
export type LoginAttempt = {
  readonly email: string;
  /** The client's IP address as the gateway saw it. Only the local gateway reads a header for it, from a trusted proxy. */
  readonly sourceAddress: string;
  /** The fingerprint of a device that has proven to be the member's: by an access token, or by an earlier login. */
  readonly knownDevice: string | undefined;
  /** Whether the member has logged in from this address before. */
  readonly isKnownAddress: boolean;
  /** Whether the member has a session here. */
  readonly hasSession: boolean;
};

/** A counted login attempt. One of these methods has to record how it ends. */
export type CountedAttempt = {
  /** Records that AimHarder has accepted the password: the attempt counts as a login. */
  recordAccepted(): Promise<void>;
  /** Records that AimHarder has not accepted the password: the attempt counts as a wrong password. */
  recordRefused(): Promise<void>;
  /** Records that AimHarder has not answered. The password may be right, but AimHarder may have counted the attempt. */
  recordUnanswered(): Promise<void>;
};

/** A counter, named by the hash of an address or e-mail, and how many attempts it allows in one window. */
type Limit = { readonly subject: string; readonly limit: number };

type CountedWindow = { readonly subject: string; readonly windowEndsAt: string };

const Counter = z.object({
  /** Attempts under way, and refused attempts. */
  attempts: z.number(),
  /** Refused attempts. */
  failures: z._default(z.number(), 0),
  unanswered: z._default(z.number(), 0),
  windowEndsAt: z.string(),
});
type Counter = z.output<typeof Counter>;

/** How long an attempt waits for room in its counters, in milliseconds. A login at AimHarder takes one or two seconds. */
const LONGEST_WAIT = 6 * SECOND;

/** After how many milliseconds a waiting attempt looks for room again. */
const LOOK_INTERVAL = 0.3 * SECOND;

/**
 * Limits password guessing, and the logins of a member, because AimHarder locks accounts that log in too often. An attempt is
 * counted *before* AimHarder checks it, so that only five of thirty concurrent guesses pass. An attempt that finds a
 * counter full waits for attempts under way, because their passwords may be right: a family at one address may log in together.
 * All Lambda instances share the counters, which are kept in a table (PK `subject`).
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
   * Counts a login attempt, as soon as its counters have room for it.
   *
   * @throws AppError too-many-attempts, with the seconds until the window ends; too-many-requests after too many logins.
   */
  async count(attempt: LoginAttempt, signal: AbortSignal): Promise<CountedAttempt> {
    const counted: CountedWindow[] = [];
    const end = async (ending: Ending): Promise<void> => {
      await Promise.all(counted.map((window) => this.#endAttempt(window, ending)));
    };
    const login = { limit: 'logins', email: attempt.email, allowance: LIMITS.logins };
    try {
      await this.#countAll(limitsFor(attempt), counted, signal);
      // The limits of wrong passwords come first, so that strangers who guess use up few of the member's logins at a time.
      const waitMs = await this.#logins.take(login);
      const retryAfter = Math.ceil(waitMs / SECOND);
      if (retryAfter > 0)
        throw new AppError('too-many-requests', 'You log in too often. Wait a moment.', { retryAfter });
    } catch (error) {
      await end(UNCOUNTED);
      throw error;
    }
    const endWithoutLogin = async (ending: Ending): Promise<void> => {
      await Promise.all([end(ending), this.#logins.giveBack(login)]);
    };
    return {
      recordAccepted: () => end(UNCOUNTED),
      recordRefused: () => endWithoutLogin(REFUSED),
      recordUnanswered: () => endWithoutLogin(NOT_ANSWERED),
    };
  }

  /** Counts an attempt in each counter, and waits for those that are full. @param counted gets the windows in which it counts. */
  async #countAll(limits: readonly Limit[], counted: CountedWindow[], signal: AbortSignal): Promise<void> {
    const clock = this.#clock;
    const waitsUntil = clock.monotonic() + LONGEST_WAIT;
    for (const { subject, limit } of limits) {
      let windowEndsAt = await this.#countInWindow(subject, limit);
      while (windowEndsAt === undefined) {
        const counter = await this.#find(subject);
        // Many attempts may wait, and counting takes up to three writes. So an attempt only reads while the counter is full.
        const isFull = this.#isFull(counter, limit);
        windowEndsAt = isFull ? undefined : await this.#countInWindow(subject, limit);
        if (windowEndsAt !== undefined) break;
        const refusal = this.#findRefusal(counter, limit, clock.monotonic() < waitsUntil);
        if (refusal) throw refusal;
        if (isFull) await clock.until(clock.monotonic() + LOOK_INTERVAL, signal);
      }
      counted.push({ subject, windowEndsAt });
    }
  }

  /** Counts an attempt in a counter's window. @returns the end of that window; undefined if the window is full. */
  async #countInWindow(subject: string, limit: number): Promise<string | undefined> {
    return (
      (await this.#increment(subject, limit)) ??
      (await this.#openWindow(subject)) ??
      (await this.#increment(subject, limit))
    );
  }

  /**
   * Increments the counter. If the write's answer is lost, and another attempt is counted before the SDK repeats the write,
   * this attempt counts twice: that only makes the limit stricter.
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
        ':most': limit * UNANSWERED_FOR_EACH,
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

  /** Records the end of an attempt. If the SDK repeats the write, the end may count twice: then one more guess passes. */
  async #endAttempt({ subject, windowEndsAt }: CountedWindow, { change, values }: Ending): Promise<void> {
    await updateIf(this.#documents, {
      TableName: this.#table,
      Key: { subject },
      UpdateExpression: `ADD ${change}`,
      ConditionExpression: 'windowEndsAt = :window AND attempts > :zero',
      ExpressionAttributeValues: { ':window': windowEndsAt, ':zero': 0, ...values },
    });
  }

  async #find(subject: string): Promise<Counter | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { subject }, ConsistentRead: true }),
    );
    return Item && Counter.parse(Item);
  }

  /** Checks whether the window is open, and the attempts in it reach the limit. */
  #isFull(counter: Counter | undefined, limit: number): boolean {
    return counter !== undefined && Date.parse(counter.windowEndsAt) > this.#clock.now() && counter.attempts >= limit;
  }

  /** Finds out why the counter has no room. @returns the refusal; undefined if the attempt may wait for others under way. */
  #findRefusal(counter: Counter | undefined, limit: number, mayWait: boolean): AppError | undefined {
    const now = this.#clock.now();
    const windowEndsAt = counter ? Date.parse(counter.windowEndsAt) : now;
    const retryAfter = Math.max(1, Math.ceil((windowEndsAt - now) / SECOND));
    if (counter && counter.unanswered >= limit * UNANSWERED_FOR_EACH)
      return new AppError('too-many-attempts', 'AimHarder has not answered your last logins. Try again later.', {
        retryAfter,
      });
    // If the wrong passwords alone do not reach the limit, the counter is full because of attempts under way.
    if (mayWait && (counter?.failures ?? 0) < limit) return undefined;
    return new AppError('too-many-attempts', 'Too many wrong passwords. Try again later.', { retryAfter });
  }
}

/** What the end of an attempt adds to its counters. */
type Ending = { readonly change: string; readonly values: Readonly<Record<string, number>> };

const UNCOUNTED: Ending = { change: 'attempts :minusOne', values: { ':minusOne': -1 } };
const REFUSED: Ending = { change: 'failures :one', values: { ':one': 1 } };
const NOT_ANSWERED: Ending = {
  change: 'attempts :minusOne, unanswered :one',
  values: { ':minusOne': -1, ':one': 1 },
};

/**
 * Chooses the counters of an attempt. Strangers elsewhere can use up neither the counter of a known device nor that of a known
 * address. The attempts of members with a session here do not count in the counter of their address for all e-mails. So one
 * person who guesses on a gym's Wi-Fi locks out no member who has a session and a known device, but may lock out a member
 * without a session.
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
