import type { Instant } from '../platform/clock.ts';
import { epochSeconds, toIso } from '../platform/dynamodb.ts';
import {
  type Expression,
  hasGeneration,
  hasLease,
  hasStatus,
  type PrebookingTable,
  updatePrebooking,
} from './conditions.ts';
import type { PendingQuota } from './pending-quota.ts';
import {
  type Cancelled,
  computeWakeUp,
  type Finished,
  type Lease,
  type Prebooking,
  type PrebookingKey,
  RETENTION,
  type Result,
  statusAfter,
  TRANSITIONS,
  type Unfinished,
} from './prebooking.ts';
import { buildHoursChange, encodeResult, PREPARATION, unarmedShard, unpublishedShard } from './prebooking-record.ts';

/**
 * Writes for a firing. All of them except `claim` and `bookDespiteCancellation` require the firing's lease: if another firing has
 * claimed the pre-booking, or the member has cancelled it, a write changes nothing and returns false or undefined.
 */
export class ClaimWrites {
  readonly #table: PrebookingTable;
  readonly #quota: Pick<PendingQuota, 'release'>;

  constructor({ quota, ...table }: PrebookingTable & { readonly quota: Pick<PendingQuota, 'release'> }) {
    this.#table = table;
    this.#quota = quota;
  }

  /** Claims a pre-booking, unless another firing has a live lease or the pre-booking has changed. The status stays. */
  claim(seen: Unfinished, lease: Lease, now: Instant): Promise<boolean> {
    const change = { text: 'SET attempt = :attempt, attemptUntil = :until', values: leaseValues(lease) };
    const isFree = {
      text: '(attribute_not_exists(attempt) OR attemptUntil <= :now OR attempt = :attempt)',
      values: { ':now': toIso(now) },
    };
    const conditions = [hasGeneration(seen.generation), hasStatus([seen.status]), isFree];
    return updatePrebooking(this.#table, seen, change, conditions, { attempt: lease.id });
  }

  /** Renews the lease. @returns false if another firing holds it, or the pre-booking has ended. */
  renew(key: PrebookingKey, lease: Lease): Promise<boolean> {
    return this.#keepLease(key, lease, { text: 'SET attemptUntil = :until', values: expiryValue(lease) });
  }

  /** Commits to firing: the member can no longer cancel, and the first shot counts as sent. */
  commit(key: PrebookingKey, lease: Lease): Promise<boolean> {
    const change = {
      text: 'SET #status = :firing, attemptUntil = :until, shots = if_not_exists(shots, :one)',
      values: { ...expiryValue(lease), ':firing': 'firing', ':one': 1 },
    };
    return this.#keepLease(key, lease, change, [hasStatus(TRANSITIONS.commit)]);
  }

  /** Counts a further shot before it leaves. @param shots the number of shots, including the further one. */
  recordShots(key: PrebookingKey, lease: Lease, shots: number): Promise<boolean> {
    const change = {
      text: 'SET attemptUntil = :until, shots = :shots',
      values: { ...expiryValue(lease), ':shots': shots },
    };
    return this.#keepLease(key, lease, change);
  }

  /** Records the hours and the opening of a class that has moved. What was prepared for the old hours is void. */
  follow(moved: Unfinished, lease: Lease): Promise<boolean> {
    const { text, values } = buildHoursChange(moved);
    const change = {
      text: `SET attemptUntil = :until, ${text} REMOVE ${PREPARATION}`,
      values: { ...expiryValue(lease), ...values },
    };
    return this.#keepLease(moved, lease, change);
  }

  /** Records the outcome, and releases the member's quota. @returns undefined if the lease was lost. */
  async finish(
    prebooking: Unfinished,
    leaseId: string,
    result: Result,
    now: Instant,
    wokenLateMs?: number,
  ): Promise<Finished | undefined> {
    const status = statusAfter(result.outcome);
    const { text, names, values } = changeToResult(prebooking, result, now);
    const change = {
      text: `${text}${wokenLateMs === undefined ? '' : ', wokenLateMs = :late'}
        REMOVE attempt, attemptUntil, armed, shots, ${PREPARATION}`,
      names,
      values: { ...values, ':late': wokenLateMs },
    };
    if (!(await this.#endLease(prebooking, leaseId, change, [hasStatus(TRANSITIONS.finish)]))) return undefined;
    await this.#quota.release(prebooking);
    const { lease: _, status: __, ...rest } = prebooking;
    return { ...rest, status, result, endedAt: now, wokenLateMs };
  }

  /**
   * Changes a cancelled pre-booking to a booked or waitlisted one, because its shot had left and AimHarder keeps the place.
   *
   * @returns undefined if the class was ordered again, or the pre-booking was deleted, meanwhile.
   */
  async bookDespiteCancellation(cancelled: Cancelled, result: Result, now: Instant): Promise<Finished | undefined> {
    const status = statusAfter(result.outcome);
    const { text, ...placeholders } = changeToResult(cancelled, result, now);
    const change = { text: `${text} REMOVE cancelledBy`, ...placeholders };
    const conditions = [hasGeneration(cancelled.generation), hasStatus(TRANSITIONS.bookDespiteCancellation)];
    if (!(await updatePrebooking(this.#table, cancelled, change, conditions))) return undefined;
    const { status: _, cancelledBy: __, ...rest } = cancelled;
    return { ...rest, status, result, endedAt: now };
  }

  /** Postpones the opening, and stores its rule. The new generation invalidates the old wake-up; the sweep sets another one. */
  postpone(prebooking: Unfinished, leaseId: string, opensAt: Instant, now: Instant): Promise<boolean> {
    const { openingRule } = prebooking;
    const change = {
      text: `SET #status = :pending, #order = :order, opensAt = :opens, wakesAt = :wakes, armed = :no, postponed = :yes,
        openingShard = :shard${openingRule ? ', openingRule = :rule' : ''}
        REMOVE attempt, attemptUntil, shots, wokenLateMs, ${PREPARATION}`,
      names: { '#order': 'order' },
      values: {
        ':pending': 'pending',
        // The time is higher than every earlier generation.
        ':order': Math.floor(now),
        ':opens': toIso(opensAt),
        ':wakes': toIso(computeWakeUp(opensAt)),
        ':no': false,
        ':yes': true,
        ':shard': unarmedShard(prebooking.id),
        ':rule': openingRule,
      },
    };
    return this.#endLease(prebooking, leaseId, change, [hasStatus(TRANSITIONS.postpone)]);
  }

  /** Writes a change that keeps the lease. Such a change is repeatable: applying it twice does no harm. */
  #keepLease(
    key: PrebookingKey,
    { id }: Lease,
    change: Expression,
    conditions: readonly Expression[] = [],
  ): Promise<boolean> {
    return updatePrebooking(this.#table, key, change, [hasLease(id), ...conditions], 'repeatable');
  }

  /** Writes a change that ends the lease. The write's mark stays until the member cancels the pre-booking or orders it again. */
  #endLease(
    key: PrebookingKey,
    leaseId: string,
    change: Expression,
    conditions: readonly Expression[],
  ): Promise<boolean> {
    return updatePrebooking(this.#table, key, change, [hasLease(leaseId), ...conditions]);
  }
}

/** Builds the change that records a result, which is still to be published. */
const changeToResult = ({ id, classId }: Prebooking, result: Result, now: Instant) => ({
  text: 'SET #status = :status, classId = :classId, #result = :result, expiresAt = :expires, openingShard = :shard',
  names: { '#result': 'result' },
  values: {
    ':status': statusAfter(result.outcome),
    ':classId': classId,
    ':result': encodeResult(result),
    ':expires': epochSeconds(now + RETENTION),
    ':shard': unpublishedShard(id),
  },
});

const expiryValue = ({ expiresAt }: Lease) => ({ ':until': toIso(expiresAt) });

const leaseValues = (lease: Lease) => ({ ':attempt': lease.id, ...expiryValue(lease) });
