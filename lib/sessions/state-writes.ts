import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock, Instant } from '../platform/clock.ts';
import { applied, type Documents, toIso, updateIf } from '../platform/dynamodb.ts';
import { type BackgroundSession, isExpired, type Session, type SessionKey, sessionKey } from './session.ts';
import { decodeSession } from './session-record.ts';

/** A session whose turn to be refreshed the caller has taken: no other may ask AimHarder for its next token. */
export type RefreshLocked<Kind extends Session = Session> = Kind & { readonly refreshLock: string };

/**
 * Nobody has the turn, or it is this very one, whose taking the SDK sends again when the answer was lost. DynamoDB finds no order
 * between a value and an absent attribute, so that NOT makes what is absent free; as `attribute_not_exists(…) OR …` the
 * conditions of a refresh cost the local engine a third of its time.
 */
const LOCK_IS_FREE = '(NOT refreshingUntil >= :now OR turn = :turn)';

/**
 * The SDK sends a write again whose answer was lost: that one's token is there already. It must not be written a second time
 * when somebody has taken its turn since, whose mark the write would remove.
 */
export const ALREADY_APPLIED = 'tokenVersion = :tokenVersion AND attribute_not_exists(refreshingUntil)';

/**
 * What is noted on a session without touching its token. Each write is refused when the token is no longer the one that was
 * seen. None is refused because it was made already: the SDK sends a write again whose answer was lost, so one that would
 * no longer meet its own condition knows itself by an id.
 */
export function stateWrites({
  documents,
  table,
  clock,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
}) {
  /** Takes the turn to ask AimHarder for the next token. Undefined: another caller has it, or the session is no longer this one. */
  async function acquireRefreshLock<Kind extends Session>(
    seen: Kind,
    until: Instant,
  ): Promise<RefreshLocked<Kind> | undefined> {
    const turn = randomUUID();
    const taken = await updateIf(documents, {
      TableName: table,
      Key: sessionKey(seen),
      UpdateExpression: 'SET refreshingUntil = :until, turn = :turn',
      ConditionExpression: `tokenVersion = :seen AND #state = :state AND ${LOCK_IS_FREE}`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':until': toIso(until),
        ':turn': turn,
        ':seen': seen.tokenVersion,
        ':state': seen.state,
        ':now': toIso(clock.now()),
      },
    });
    return taken ? { ...seen, refreshLock: turn } : undefined;
  }

  /**
   * Reads a session and takes its turn in one request, if it is active, nobody has its turn and no firing pre-booking
   * holds it: what most turns of the wheel come down to.
   */
  async function loadAndLock(key: SessionKey, until: Instant): Promise<RefreshLocked | undefined> {
    const turn = randomUUID();
    let claimed: Session | undefined;
    const claim = documents.send(
      new UpdateCommand({
        TableName: table,
        Key: sessionKey(key),
        UpdateExpression: 'SET refreshingUntil = :until, turn = :turn',
        ConditionExpression: `#state = :active AND NOT holdUntil >= :now AND ${LOCK_IS_FREE}`,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':until': toIso(until),
          ':turn': turn,
          ':active': 'active',
          ':now': toIso(clock.now()),
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    await applied(
      claim.then(({ Attributes }) => {
        claimed = decodeSession(Attributes);
      }),
    );
    return claimed && !isExpired(claimed, clock.now()) ? { ...claimed, refreshLock: turn } : undefined;
  }

  /** Notes a refresh that failed, and ends the caller's turn. The session counts as no fresher than before. */
  const noteFailure = (seen: RefreshLocked, error: string): Promise<boolean> =>
    updateIf(documents, {
      TableName: table,
      Key: sessionKey(seen),
      UpdateExpression: 'SET lastTokenUpdateError = :error REMOVE refreshingUntil',
      ConditionExpression: 'tokenVersion = :seen AND turn = :turn',
      ExpressionAttributeValues: { ':error': error, ':seen': seen.tokenVersion, ':turn': seen.refreshLock },
    });

  /**
   * Marks a background session that AimHarder has ended; nothing refreshes it until a login heals it. It keeps its turn of
   * the wheel, where it is healed, or its member is told, whoever found it dead. While another caller has the turn, what
   * AimHarder has refused may be the token before the one that is about to be written.
   */
  const markLoginRequired = (seen: Session | RefreshLocked): Promise<boolean> =>
    updateIf(documents, {
      TableName: table,
      Key: sessionKey(seen),
      UpdateExpression: 'SET #state = :required, updatedAt = :now, untold = :yes REMOVE refreshingUntil',
      ConditionExpression: `tokenVersion = :seen AND ${LOCK_IS_FREE}`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':required': 'login-required',
        ':yes': true,
        ':seen': seen.tokenVersion,
        ':turn': turnOf(seen),
        ':now': toIso(clock.now()),
      },
    });

  /**
   * Notes that the member was told, unless a password has been kept since that may heal the session.
   *
   * @param hopeless nothing but the member's own login will heal it: it needs no turn any more.
   */
  const markNotified = (dead: BackgroundSession, hopeless: boolean): Promise<boolean> =>
    updateIf(documents, {
      TableName: table,
      Key: sessionKey(dead),
      UpdateExpression: `REMOVE untold${hopeless ? ', refreshSlot' : ''}`,
      ConditionExpression: 'tokenVersion = :seen AND updatedAt = :updatedAt',
      ExpressionAttributeValues: { ':seen': dead.tokenVersion, ':updatedAt': toIso(dead.updatedAt) },
    });

  /**
   * Ends a session for every reader at once; a write that started from its token fails from then on, as if the item were
   * deleted already.
   */
  const end = (seen: Session, condition: string, values: Readonly<Record<string, string>> = {}): Promise<boolean> =>
    updateIf(documents, {
      TableName: table,
      Key: sessionKey(seen),
      UpdateExpression:
        'SET #state = :ended, tokenVersion = :next, updatedAt = :now REMOVE refreshSlot, refreshingUntil',
      ConditionExpression: `${condition} OR tokenVersion = :next`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':ended': 'ended',
        ':next': randomUUID(),
        ':seen': seen.tokenVersion,
        ':now': toIso(clock.now()),
        ...values,
      },
    });

  /** Ends a session that AimHarder has ended; not while another caller has its turn. */
  const markEnded = (seen: Session | RefreshLocked): Promise<boolean> =>
    end(seen, `tokenVersion = :seen AND ${LOCK_IS_FREE}`, { ':turn': turnOf(seen) });

  /** Ends a session that another one has replaced, whoever has its turn. */
  const markReplaced = (seen: Session): Promise<boolean> => end(seen, 'tokenVersion = :seen');

  /** Keeps refreshes off a background session until then. Only ever raised: two pre-bookings may share one session. */
  const raiseHold = (session: BackgroundSession, until: Instant): Promise<boolean> =>
    updateIf(documents, {
      TableName: table,
      Key: sessionKey(session),
      UpdateExpression: 'SET holdUntil = :until',
      ConditionExpression: 'attribute_exists(email) AND NOT holdUntil >= :until',
      ExpressionAttributeValues: { ':until': toIso(until) },
    });

  return {
    acquireRefreshLock,
    loadAndLock,
    noteFailure,
    markLoginRequired,
    markNotified,
    markEnded,
    markReplaced,
    raiseHold,
  };
}

/** The caller's turn; one that nobody has, for a caller that has taken none. */
const turnOf = (seen: Session | RefreshLocked): string => ('refreshLock' in seen ? seen.refreshLock : randomUUID());
