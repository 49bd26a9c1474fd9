import { randomUUID } from 'node:crypto';
import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Clock, Instant } from '../platform/clock.ts';
import { type Documents, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { type BackgroundSession, isExpired, type Session, type SessionKey, sessionKey } from './session.ts';
import { decodeSession, type SessionTable } from './session-record.ts';

/** A session whose refresh lock the caller holds: no other caller may ask AimHarder for its next token. */
export type RefreshLocked<Kind extends Session = Session> = Kind & { readonly refreshLock: string };

/**
 * The condition that the lock is free. It is free if it has expired, or if it has the caller's own id already: the SDK
 * repeats a write whose answer was lost. DynamoDB never orders a value before an absent attribute, so NOT makes an absent
 * lock free. Written as `attribute_not_exists(…) OR …`, the condition takes the local engine a third of a refresh's time.
 */
const LOCK_IS_FREE = '(NOT refreshingUntil >= :now OR turn = :turn)';

const ACQUIRE_LOCK = 'SET refreshingUntil = :until, turn = :turn';

/**
 * The state of a session: its refresh lock, its reservation for a firing, and its end. These writes leave the token alone.
 * Most of them are refused once the token is no longer the one that the caller has read. All are safe under SDK retries:
 * a write that would not meet its own condition again carries an id, which the condition also accepts.
 */
export class SessionState {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;

  constructor({ documents, table, clock }: SessionTable) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
  }

  /**
   * Acquires the refresh lock of a session.
   *
   * @param until when the lock expires by itself.
   * @returns undefined if another caller holds the lock, or the session has changed since it was read.
   */
  async acquireRefreshLock<Kind extends Session>(seen: Kind, until: Instant): Promise<RefreshLocked<Kind> | undefined> {
    const refreshLock = randomUUID();
    const acquired = await this.#update(seen, {
      UpdateExpression: ACQUIRE_LOCK,
      ConditionExpression: `tokenVersion = :seen AND #state = :state AND ${LOCK_IS_FREE}`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':until': toIso(until),
        ':turn': refreshLock,
        ':seen': seen.tokenVersion,
        ':state': seen.state,
        ':now': this.#now(),
      },
    });
    return acquired ? { ...seen, refreshLock } : undefined;
  }

  /**
   * Reads a session and acquires its refresh lock in one request: most of the timing wheel's work needs no other read.
   *
   * @param until when the lock expires by itself.
   * @returns undefined if the session is gone, not active or reserved, or if another caller holds the lock.
   */
  async loadAndLock(key: SessionKey, until: Instant): Promise<RefreshLocked | undefined> {
    const refreshLock = randomUUID();
    const item = await updateAndReadIf(this.#documents, {
      TableName: this.#table,
      Key: sessionKey(key),
      UpdateExpression: ACQUIRE_LOCK,
      ConditionExpression: `#state = :active AND NOT holdUntil >= :now AND ${LOCK_IS_FREE}`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':until': toIso(until),
        ':turn': refreshLock,
        ':active': 'active',
        ':now': this.#now(),
      },
    });
    const session = item && decodeSession(item);
    return session && !isExpired(session, this.#clock.now()) ? { ...session, refreshLock } : undefined;
  }

  /** Records why a refresh failed, and releases its lock. The session counts as no fresher than before. */
  releaseAfterFailure(locked: RefreshLocked, error: string): Promise<boolean> {
    return this.#update(locked, {
      UpdateExpression: 'SET lastTokenUpdateError = :error REMOVE refreshingUntil',
      ConditionExpression: 'tokenVersion = :seen AND turn = :turn',
      ExpressionAttributeValues: { ':error': error, ':seen': locked.tokenVersion, ':turn': locked.refreshLock },
    });
  }

  /**
   * Marks a background session that AimHarder has ended; only a login makes it active again. The session stays in the timing
   * wheel, which logs it in again or notifies its member. The write is refused while another caller holds the refresh lock:
   * AimHarder may have refused a token that the other caller is just replacing.
   */
  markLoginRequired(seen: Session | RefreshLocked): Promise<boolean> {
    return this.#update(seen, {
      UpdateExpression: 'SET #state = :required, updatedAt = :now, untold = :yes REMOVE refreshingUntil',
      ConditionExpression: `tokenVersion = :seen AND ${LOCK_IS_FREE}`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':required': 'login-required',
        ':yes': true,
        ':seen': seen.tokenVersion,
        ':turn': lockOf(seen),
        ':now': this.#now(),
      },
    });
  }

  /**
   * Records that the member was notified of a dead session, unless a password has been kept since.
   *
   * @param unrecoverable only the member's own login will help: the session leaves the timing wheel.
   */
  markNotified(dead: BackgroundSession, unrecoverable: boolean): Promise<boolean> {
    return this.#update(dead, {
      UpdateExpression: `REMOVE untold${unrecoverable ? ', refreshSlot' : ''}`,
      ConditionExpression: 'tokenVersion = :seen AND updatedAt = :updatedAt',
      ExpressionAttributeValues: { ':seen': dead.tokenVersion, ':updatedAt': toIso(dead.updatedAt) },
    });
  }

  /** Ends a session that AimHarder has ended; refused while another caller holds the refresh lock. */
  markEnded(seen: Session | RefreshLocked): Promise<boolean> {
    return this.#end(seen, `tokenVersion = :seen AND ${LOCK_IS_FREE}`, { ':turn': lockOf(seen) });
  }

  /** Ends a session that another one has replaced, even while its refresh lock is held. */
  markReplaced(seen: Session): Promise<boolean> {
    return this.#end(seen, 'tokenVersion = :seen');
  }

  /**
   * Reserves a background session for a firing: no refresh replaces its token until then. A later reservation is never
   * shortened, because two pre-bookings may share one session.
   */
  reserve(session: BackgroundSession, until: Instant): Promise<boolean> {
    return this.#update(session, {
      UpdateExpression: 'SET holdUntil = :until',
      ConditionExpression: 'attribute_exists(email) AND NOT holdUntil >= :until',
      ExpressionAttributeValues: { ':until': toIso(until) },
    });
  }

  /**
   * Ends a session for every reader at once. It gets a new `tokenVersion`, so that every write of a caller that has read it
   * before is refused, as if the item were deleted already.
   */
  #end(seen: Session, condition: string, values: Readonly<Record<string, string>> = {}): Promise<boolean> {
    return this.#update(seen, {
      UpdateExpression:
        'SET #state = :ended, tokenVersion = :next, updatedAt = :now REMOVE refreshSlot, refreshingUntil',
      ConditionExpression: `${condition} OR tokenVersion = :next`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':ended': 'ended',
        ':next': randomUUID(),
        ':seen': seen.tokenVersion,
        ':now': this.#now(),
        ...values,
      },
    });
  }

  #update(key: SessionKey, update: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<boolean> {
    return updateIf(this.#documents, { TableName: this.#table, Key: sessionKey(key), ...update });
  }

  #now(): string {
    return toIso(this.#clock.now());
  }
}

/** The caller's refresh lock; a caller without one gets an id that no lock has. */
const lockOf = (seen: Session | RefreshLocked): string => ('refreshLock' in seen ? seen.refreshLock : randomUUID());
