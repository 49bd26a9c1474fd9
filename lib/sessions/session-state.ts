import { randomUUID } from 'node:crypto';
import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Clock, Instant } from '../platform/clock.ts';
import { type Documents, type Evidence, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { type BackgroundSession, isExpired, type Session, type SessionKey, sessionKey } from './session.ts';
import { decodeSession, type SessionTable } from './session-record.ts';

/** A session whose refresh lock the caller holds: no other caller may ask AimHarder for its next token. */
export type RefreshLocked<Kind extends Session = Session> = Kind & { readonly refreshLock: string };

/**
 * The condition that no caller holds the lock: the lock is absent, or has expired. A comparison with an absent attribute is false,
 * so with NOT an absent lock is free. The form `attribute_not_exists(…) OR …` means the same, but its evaluation would be a third
 * of the time that a refresh takes on the local engine.
 */
const LOCK_IS_FREE = 'NOT refreshingUntil >= :now';

/** The condition that no other caller holds the lock. */
const NOT_LOCKED_BY_ANOTHER = `(${LOCK_IS_FREE} OR turn = :turn)`;

const ACQUIRE_LOCK = 'SET refreshingUntil = :until, turn = :turn';

/**
 * Writes the state of a session: its refresh lock, its reservation for a firing, that it needs a login, that its member was
 * notified, and its end. These writes leave the token alone. Most of them are refused if the token has changed since the caller
 * read the session. None of them leaves a mark (`lastWrite`), because the item must stay small: a refresh may cost at most two
 * write units. Each write is recognised by its own attributes, or may be repeated. A method that returns a boolean returns
 * whether its write was applied.
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
   * @returns undefined if another caller holds the lock, or if the session was changed or deleted since it was read.
   */
  async acquireRefreshLock<Kind extends Session>(seen: Kind, until: Instant): Promise<RefreshLocked<Kind> | undefined> {
    const refreshLock = randomUUID();
    const update = {
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
    };
    const acquired = await this.#update(seen, update, lockEvidence(refreshLock, until));
    return acquired ? { ...seen, refreshLock } : undefined;
  }

  /**
   * Reads a session and acquires its refresh lock in one request, so that most refreshes of the timing wheel need no other
   * read.
   *
   * @param until when the lock expires by itself.
   * @returns undefined if the session is gone, expired, inactive or reserved, or if another caller holds the lock.
   */
  async loadAndLock(key: SessionKey, until: Instant): Promise<RefreshLocked | undefined> {
    const refreshLock = randomUUID();
    const update = {
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
    };
    const item = await updateAndReadIf(this.#documents, update, lockEvidence(refreshLock, until));
    const session = item && decodeSession(item);
    return session && !isExpired(session, this.#clock.now()) ? { ...session, refreshLock } : undefined;
  }

  /** Records why a refresh failed, and releases its lock. `lastTokenUpdateAt` stays, because the token was not replaced. */
  releaseAfterFailure(locked: RefreshLocked, error: string): Promise<boolean> {
    const update = {
      UpdateExpression: 'SET lastTokenUpdateError = :error REMOVE refreshingUntil',
      ConditionExpression: 'tokenVersion = :seen AND turn = :turn',
      ExpressionAttributeValues: { ':error': error, ':seen': locked.tokenVersion, ':turn': locked.refreshLock },
    };
    return this.#update(locked, update, 'repeatable');
  }

  /**
   * Marks a background session dead, and its member as still to be notified (`untold`). Only a login makes the session active
   * again. The session stays in the timing wheel, which logs in again or notifies the member. The write is refused while another
   * caller holds the refresh lock: AimHarder may have refused an old token that the other caller is replacing.
   */
  markLoginRequired(seen: Session | RefreshLocked): Promise<boolean> {
    const { tokenVersion } = seen;
    const [state, updatedAt] = ['login-required', this.#now()];
    const update = {
      UpdateExpression: 'SET #state = :required, updatedAt = :now, untold = :yes REMOVE refreshingUntil',
      ConditionExpression: `tokenVersion = :seen AND ${NOT_LOCKED_BY_ANOTHER}`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':required': state,
        ':yes': true,
        ':seen': tokenVersion,
        ':turn': lockOf(seen),
        ':now': updatedAt,
      },
    };
    return this.#update(seen, update, { state, tokenVersion, updatedAt });
  }

  /**
   * Records that the member was notified of a dead session. The write is refused if the session has been written since, for example
   * because a password was kept (`scheduleRelogin`).
   *
   * @param isUnrecoverable true if only the member's own login will help: then the session leaves the timing wheel.
   */
  markNotified(dead: BackgroundSession, isUnrecoverable: boolean): Promise<boolean> {
    const update = {
      UpdateExpression: `REMOVE untold${isUnrecoverable ? ', refreshSlot' : ''}`,
      ConditionExpression: 'tokenVersion = :seen AND updatedAt = :updatedAt',
      ExpressionAttributeValues: { ':seen': dead.tokenVersion, ':updatedAt': toIso(dead.updatedAt) },
    };
    return this.#update(dead, update, 'repeatable');
  }

  /** Ends a session that AimHarder has ended. The write is refused while another caller holds the refresh lock. */
  markEnded(seen: Session | RefreshLocked): Promise<boolean> {
    return this.#end(seen, `tokenVersion = :seen AND ${NOT_LOCKED_BY_ANOTHER}`, { ':turn': lockOf(seen) });
  }

  /** Ends a session that another one has replaced, even if a caller holds its refresh lock. */
  markReplaced(seen: Session): Promise<boolean> {
    return this.#end(seen, 'tokenVersion = :seen');
  }

  /**
   * Reserves a background session for a firing: until `until`, no refresh replaces its token. A reservation that ends later
   * stays, because two pre-bookings may use one session.
   */
  reserve(session: BackgroundSession, until: Instant): Promise<boolean> {
    const holdUntil = toIso(until);
    const update = {
      UpdateExpression: 'SET holdUntil = :until',
      ConditionExpression: 'attribute_exists(email) AND NOT holdUntil >= :until',
      ExpressionAttributeValues: { ':until': holdUntil },
    };
    return this.#update(session, update, { holdUntil });
  }

  /**
   * Ends a session for every reader at once. The new `tokenVersion` makes every write fail that names the earlier one, as if
   * the item were deleted already.
   */
  #end(seen: Session, condition: string, values: Readonly<Record<string, string>> = {}): Promise<boolean> {
    const tokenVersion = randomUUID();
    const update = {
      UpdateExpression:
        'SET #state = :ended, tokenVersion = :next, updatedAt = :now REMOVE refreshSlot, refreshingUntil',
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':ended': 'ended',
        ':next': tokenVersion,
        ':seen': seen.tokenVersion,
        ':now': this.#now(),
        ...values,
      },
    };
    return this.#update(seen, update, { tokenVersion });
  }

  #update(
    key: SessionKey,
    update: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
    evidence: Evidence,
  ): Promise<boolean> {
    return updateIf(this.#documents, { TableName: this.#table, Key: sessionKey(key), ...update }, evidence);
  }

  #now(): string {
    return toIso(this.#clock.now());
  }
}

/** Both attributes are needed: a write that releases the lock removes `refreshingUntil` and leaves `turn`. */
const lockEvidence = (turn: string, until: Instant): Evidence => ({ turn, refreshingUntil: toIso(until) });

/** Returns the id of the caller's refresh lock; for a caller without one, an id that no lock has. */
const lockOf = (seen: Session | RefreshLocked): string => ('refreshLock' in seen ? seen.refreshLock : randomUUID());
