import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Instant } from '../platform/clock.ts';
import { epochSeconds, toIso } from '../platform/dynamodb.ts';
import {
  type Finished,
  KEPT_FOR,
  type Lease,
  type PrebookingKey,
  type Result,
  statusOf,
  type Unfinished,
  wakesAt,
} from './prebooking.ts';
import { storedLease, storedResult, unarmedShard, unpublishedShard } from './prebooking-record.ts';

type Update = (key: PrebookingKey, change: Omit<UpdateCommandInput, 'TableName' | 'Key'>) => Promise<boolean>;

/**
 * What the attempt at work on a pre-booking writes. All but the first state the attempt: whoever was taken over, or whose
 * pre-booking was cancelled, writes nothing.
 *
 * @param update false when the condition did not hold.
 */
export function claimWrites(update: Update, release: (key: PrebookingKey) => Promise<void>) {
  /** Becomes the one at work on it, unless someone who is still alive already is. It keeps its status. */
  const claim = (seen: Unfinished, mine: Lease, now: Instant): Promise<boolean> =>
    update(seen, {
      UpdateExpression: 'SET attempt = :attempt, attemptUntil = :until',
      ConditionExpression:
        '#order = :order AND #status = :status AND (attribute_not_exists(attempt) OR attemptUntil <= :now)',
      ExpressionAttributeNames: { '#order': 'order', '#status': 'status' },
      ExpressionAttributeValues: {
        ...storedLease(mine),
        ':order': seen.generation,
        ':status': seen.status,
        ':now': toIso(now),
      },
    });

  /** Says that the attempt is alive. @returns false when it is no longer the one at work (cancelled, finished, taken over). */
  const renew = (key: PrebookingKey, mine: Lease): Promise<boolean> =>
    update(key, {
      UpdateExpression: 'SET attemptUntil = :until',
      ConditionExpression: 'attempt = :attempt',
      ExpressionAttributeValues: storedLease(mine),
    });

  /**
   * The last point of return: pending → firing, by the attempt at work. From here the member can no longer cancel, and
   * one shot counts as sent.
   */
  const commit = (key: PrebookingKey, mine: Lease): Promise<boolean> =>
    update(key, {
      UpdateExpression: 'SET #status = :firing, attemptUntil = :until, shots = if_not_exists(shots, :one)',
      ConditionExpression: 'attempt = :attempt AND #status IN (:pending, :firing)',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ...storedLease(mine), ':firing': 'firing', ':pending': 'pending', ':one': 1 },
    });

  /** Says before a further shot how many there will have been. @returns false when it is no longer the one at work. */
  const recordShots = (key: PrebookingKey, mine: Lease, shots: number): Promise<boolean> =>
    update(key, {
      UpdateExpression: 'SET attemptUntil = :until, shots = :shots',
      ConditionExpression: 'attempt = :attempt',
      ExpressionAttributeValues: { ...storedLease(mine), ':shots': shots },
    });

  /** Writes the outcome, once, by the attempt at work. */
  async function finish(
    prebooking: Unfinished,
    attempt: string,
    result: Result,
    now: Instant,
    wokenLateMs?: number,
  ): Promise<Finished | undefined> {
    const late = wokenLateMs === undefined ? '' : ', wokenLateMs = :late';
    const status = statusOf(result.outcome);
    const written = await update(prebooking, {
      UpdateExpression: `SET #status = :status, classId = :classId, #result = :result, expiresAt = :expires,
        openingShard = :shard${late} REMOVE attempt, attemptUntil, armed, shots`,
      ConditionExpression: 'attempt = :attempt',
      ExpressionAttributeNames: { '#status': 'status', '#result': 'result' },
      ExpressionAttributeValues: {
        ':status': status,
        ':classId': prebooking.classId,
        ':result': storedResult(result),
        ':shard': unpublishedShard(prebooking.id),
        ':expires': epochSeconds(now + KEPT_FOR),
        ':attempt': attempt,
        ':late': wokenLateMs,
      },
    });
    if (!written) return undefined;
    await release(prebooking);
    const { lease: _, status: __, ...rest } = prebooking;
    return { ...rest, status, result, endedAt: now, wokenLateMs };
  }

  /**
   * firing → pending, for a later opening, by the attempt at work: AimHarder told another rule. It is a new order, so that
   * its wake-up is another one, and the sweep sets that.
   */
  const postpone = (prebooking: Unfinished, attempt: string, opensAt: Instant, now: Instant): Promise<boolean> =>
    update(prebooking, {
      UpdateExpression: `SET #status = :pending, #order = :order, opensAt = :opens, wakesAt = :wakes, armed = :no, postponed = :yes,
        openingShard = :shard REMOVE attempt, attemptUntil, shots`,
      ConditionExpression: 'attempt = :attempt',
      ExpressionAttributeNames: { '#status': 'status', '#order': 'order' },
      ExpressionAttributeValues: {
        ':pending': 'pending',
        ':order': Math.floor(now),
        ':opens': toIso(opensAt),
        ':wakes': toIso(wakesAt(opensAt)),
        ':no': false,
        ':yes': true,
        ':shard': unarmedShard(prebooking.id),
        ':attempt': attempt,
      },
    });

  return { claim, renew, commit, recordShots, postpone, finish };
}
