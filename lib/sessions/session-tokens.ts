import { randomUUID } from 'node:crypto';
import type { AimHarderSession } from '../aimharder/client.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import type { Clock } from '../platform/clock.ts';
import { type Documents, toIso, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { KeySource } from '../platform/secrets.ts';
import { hashBucket, type Session, sessionKey } from './session.ts';
import { decryptSession, encryptTokens, type SessionTable } from './session-record.ts';
import type { SessionStore } from './session-store.ts';

export type SessionTokensDeps = SessionTable & {
  readonly secrets: KeySource;
  readonly sessions: Pick<SessionStore, 'getSession'>;
  /** How many partitions the refresh index has. */
  readonly refreshPartitions: number;
};

/**
 * Reads and replaces tokens and cookies: always both in one write, and always encrypted. Each write carries the
 * `tokenVersion` that it started from, so that a slow refresh can neither undo a login nor revive an ended session.
 */
export class SessionTokens {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;
  readonly #secrets: KeySource;
  readonly #sessions: Pick<SessionStore, 'getSession'>;
  readonly #refreshPartitions: number;

  constructor({ documents, table, clock, secrets, sessions, refreshPartitions }: SessionTokensDeps) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
    this.#secrets = secrets;
    this.#sessions = sessions;
    this.#refreshPartitions = refreshPartitions;
  }

  /** Decrypts the credentials of a session. */
  decrypt(session: Session): Promise<AimHarderSession> {
    return decryptSession(this.#secrets, session);
  }

  /**
   * Stores the token and cookies that AimHarder gave for `seen`, and releases the refresh lock. The session becomes active,
   * even if another caller has marked it dead meanwhile: AimHarder had refused that caller's older token.
   *
   * @returns the session as it is now, or undefined if it is gone or has a newer token.
   */
  async replaceTokens(seen: Session, fresh: Pick<AimHarderSession, 'token' | 'cookies'>): Promise<Session | undefined> {
    const encrypted = await encryptTokens(this.#secrets, seen, fresh);
    const now = this.#clock.now();
    const next: Session = {
      ...seen,
      encryptedToken: encrypted.token,
      encryptedCookies: encrypted.cookies,
      tokenVersion: randomUUID(),
      state: 'active',
      updatedAt: now,
      lastTokenUpdateAt: now,
      tokenUpdateCount: seen.tokenUpdateCount + 1,
      lastTokenUpdateError: null,
      refreshingUntil: null,
    };
    return (await this.#replace(seen, next)) ? next : undefined;
  }

  /** Writes new tokens. A session that had left the timing wheel (without `refreshSlot`) comes back to it. */
  #replace(seen: Session, next: Session): Promise<boolean> {
    const update = {
      TableName: this.#table,
      Key: sessionKey(seen),
      UpdateExpression: `SET #token = :token, cookies = :cookies, tokenVersion = :tokenVersion, #state = :active,
            refreshSlot = if_not_exists(refreshSlot, :slot), updatedAt = :now, lastTokenUpdateAt = :now,
            tokenUpdateCount = :count REMOVE refreshingUntil, lastTokenUpdateError, untold`,
      ConditionExpression: 'tokenVersion = :seen',
      ExpressionAttributeNames: { '#token': 'token', '#state': 'state' },
      ExpressionAttributeValues: {
        ':token': next.encryptedToken,
        ':cookies': next.encryptedCookies,
        ':active': next.state,
        ':slot': hashBucket(seen, this.#refreshPartitions),
        ':tokenVersion': next.tokenVersion,
        ':seen': seen.tokenVersion,
        ':now': toIso(next.updatedAt),
        ':count': next.tokenUpdateCount,
      },
    };
    return updateIf(this.#documents, update, { tokenVersion: next.tokenVersion });
  }

  /**
   * Replaces the token of the named session, or of the background session.
   *
   * @throws AppError session-not-found, session-changed.
   */
  async updateRefreshToken(email: string, token: string, fingerprint?: string): Promise<Session> {
    const session = await this.#get(email, fingerprint);
    const { cookies } = await this.decrypt(session);
    return assertUnchanged(await this.replaceTokens(session, { token, cookies }));
  }

  /**
   * Replaces the cookies of the named session, or of the background session.
   *
   * @throws AppError session-not-found, session-changed.
   */
  async updateCookies(email: string, cookies: readonly Cookie[], fingerprint?: string): Promise<Session> {
    const session = await this.#get(email, fingerprint);
    const { token } = await this.decrypt(session);
    return assertUnchanged(await this.replaceTokens(session, { token, cookies }));
  }

  async #get(email: string, fingerprint?: string): Promise<Session> {
    const session = await this.#sessions.getSession(email, fingerprint === undefined ? {} : { fingerprint });
    if (!session) throw new AppError('session-not-found', 'There is no such session.');
    return session;
  }
}

function assertUnchanged(session: Session | undefined): Session {
  if (!session) throw new AppError('session-changed', 'The session was changed meanwhile.');
  return session;
}
