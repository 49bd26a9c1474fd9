import * as z from 'zod/mini';
import { OpeningRule } from '../boxes/opening-rule.ts';
import { Outcome } from '../events/outcome.ts';
import type { Instant } from '../platform/clock.ts';
import { epochSeconds, toIso } from '../platform/dynamodb.ts';
import { StoredInstant } from '../platform/stored-fields.ts';
import { AIMED_BY, type Prebooking, type Preparation, RETENTION, type Result, WHEN_FULL } from './prebooking.ts';

const StoredResult = z.object({
  outcome: Outcome,
  bookingId: z.nullable(z.string()),
  code: z.nullable(z.string()),
  message: z.nullable(z.string()),
  firedAt: z.nullable(StoredInstant),
  latenessMs: z.nullable(z.number()),
  latenessBoundMs: z.nullable(z.number()),
  shots: z.number(),
  aimedBy: z.nullable(z.enum(AIMED_BY)),
});

const common = {
  email: z.string(),
  id: z.string(),
  member: z.optional(z.string()),
  order: z.number(),
  box: z.string(),
  boxId: z.string(),
  day: z.string(),
  classId: z.nullable(z.string()),
  familyId: z.nullable(z.string()),
  whenFull: z.nullable(z.enum(WHEN_FULL)),
  routineId: z.nullable(z.string()),
  className: z.string(),
  classTime: z.string(),
  classStartsAt: StoredInstant,
  classEndsAt: z.optional(StoredInstant),
  openingRule: z.optional(OpeningRule),
  opensAt: StoredInstant,
  wakesAt: StoredInstant,
  createdAt: StoredInstant,
};

/** An ended pre-booking is kept for a fixed time (`RETENTION`), so its time to live tells when it ended. */
const ended = {
  expiresAt: z.pipe(
    z.number(),
    z.transform((seconds: number) => seconds * 1_000 - RETENTION),
  ),
};

const PrebookingItem = z.discriminatedUnion('status', [
  z.object({
    ...common,
    status: z.literal('pending'),
    armed: z.boolean(),
    postponed: z.optional(z.boolean()),
    firesAt: z.optional(StoredInstant),
    sessionProven: z.optional(z.boolean()),
    classListed: z.optional(z.boolean()),
    attempt: z.optional(z.string()),
    attemptUntil: z.optional(StoredInstant),
  }),
  z.object({
    ...common,
    status: z.literal('firing'),
    attempt: z.string(),
    attemptUntil: StoredInstant,
    shots: z.number(),
  }),
  z.object({
    ...common,
    ...ended,
    status: z.enum(['booked', 'waitlisted', 'failed']),
    result: StoredResult,
    wokenLateMs: z.optional(z.number()),
    answered: z.optional(z.boolean()),
    promotedAt: z.optional(StoredInstant),
  }),
  z.object({
    ...common,
    ...ended,
    status: z.literal('cancelled'),
    cancelledBy: z.enum(['member', 'routine']),
  }),
]);

/** Decodes a table item. @throws ZodError if the item is not a pre-booking. */
export function decodePrebooking(item: unknown): Prebooking {
  const { order: generation, ...rest } = PrebookingItem.parse(item);
  const decoded = { ...rest, generation };
  if (decoded.status === 'pending') {
    const { attempt: id, attemptUntil, firesAt, sessionProven = false, classListed = false, ...others } = decoded;
    const { postponed, ...pending } = others;
    return {
      ...pending,
      ...(postponed !== undefined && { needsNewWakeUp: postponed }),
      lease: id === undefined || attemptUntil === undefined ? null : { id, expiresAt: attemptUntil },
      ...(firesAt !== undefined && {
        prepared: { firesAt, isSessionProven: sessionProven, isClassListed: classListed },
      }),
    };
  }
  if (decoded.status === 'firing') {
    const { attempt: id, attemptUntil, ...firing } = decoded;
    return { ...firing, lease: { id, expiresAt: attemptUntil } };
  }
  const { expiresAt: endedAt, ...over } = decoded;
  if (over.status === 'cancelled') return { ...over, endedAt };
  const { answered: isAnswered, ...finished } = over;
  return { ...finished, ...(isAnswered && { isAnswered }), endedAt };
}

/** Sort key of the item that holds a member's quota (`PendingQuota`). It sorts before every pre-booking's id. */
export const QUOTA_ID = '#pending';

const TimeToLive = z.object({ expiresAt: z.catch(z.optional(z.number()), undefined) });

/**
 * Checks whether an item is past its time to live. DynamoDB may delete it days later. If the time cannot be read, the item is not
 * past it: `decodePrebooking` then refuses an ended item, and an unfinished one has no such time.
 */
export function isPastTimeToLive(item: unknown, now: Instant): boolean {
  const { expiresAt } = TimeToLive.parse(item);
  return expiresAt !== undefined && expiresAt <= epochSeconds(now);
}

/** How many partitions (attribute `openingShard`) of the index `unfinished` each of the four kinds below has. */
const SHARDS = 8;

const shardsFrom = (first: number): readonly number[] => Array.from({ length: SHARDS }, (_, shard) => first + shard);

/** Partitions of unfinished pre-bookings whose wake-up is set. */
export const ARMED_SHARDS = shardsFrom(0);

/** Partitions of unfinished pre-bookings whose wake-up was not confirmed. */
export const UNARMED_SHARDS = shardsFrom(SHARDS);

/** Partitions of finished pre-bookings whose outcome is still to be published. */
export const UNPUBLISHED_SHARDS = shardsFrom(2 * SHARDS);

/** Partitions of places on a waitlist, which the service looks at until their classes start. */
export const WAITING_SHARDS = shardsFrom(3 * SHARDS);

/** Picks one of a kind's partitions by the id. The id is a hash in hexadecimal, so all partitions get about equally many. */
const pickShard = (id: string): number => Number.parseInt(id.slice(0, 8), 16) % SHARDS;

export const armedShard = pickShard;

export const unarmedShard = (id: string): number => SHARDS + pickShard(id);

export const unpublishedShard = (id: string): number => 2 * SHARDS + pickShard(id);

export const waitingShard = (id: string): number => 3 * SHARDS + pickShard(id);

/** Encodes a new pre-booking as a table item. The wake-up of a pending pre-booking is not set yet. */
export function encodePrebooking(prebooking: Prebooking) {
  const { email, id, generation, box, boxId, day, classId, familyId, className, classTime } = prebooking;
  const { whenFull, routineId, member } = prebooking;
  const item = {
    ...{ email, id, order: generation, box, boxId, day, classId, familyId, className, classTime, whenFull, routineId },
    ...(member !== undefined && { member }),
    status: prebooking.status,
    classStartsAt: toIso(prebooking.classStartsAt),
    ...(prebooking.classEndsAt !== undefined && { classEndsAt: toIso(prebooking.classEndsAt) }),
    ...(prebooking.openingRule && { openingRule: prebooking.openingRule }),
    opensAt: toIso(prebooking.opensAt),
    wakesAt: toIso(prebooking.wakesAt),
    createdAt: toIso(prebooking.createdAt),
  };
  if (prebooking.status === 'pending') return { ...item, armed: prebooking.armed, openingShard: unarmedShard(id) };
  if (prebooking.status === 'firing') {
    const { shots, lease } = prebooking;
    return { ...item, shots, attempt: lease.id, attemptUntil: toIso(lease.expiresAt), openingShard: armedShard(id) };
  }
  const over = { ...item, expiresAt: epochSeconds(prebooking.endedAt + RETENTION) };
  if (prebooking.status === 'cancelled') return { ...over, cancelledBy: prebooking.cancelledBy };
  return {
    ...over,
    result: encodeResult(prebooking.result),
    ...(prebooking.isAnswered && { answered: true }),
    openingShard: unpublishedShard(id),
  };
}

export const encodeResult = (result: Result) => ({
  ...result,
  firedAt: result.firedAt === null ? null : toIso(result.firedAt),
});

/** Encodes what a preparation leaves for the firing. */
export const encodePreparation = ({ firesAt, isSessionProven, isClassListed }: Preparation) => ({
  firesAt: toIso(firesAt),
  sessionProven: isSessionProven,
  classListed: isClassListed,
});

/** The attributes of a preparation, as a `REMOVE` names them. */
export const PREPARATION = 'firesAt, sessionProven, classListed';

/** Builds the change of the attributes that depend on a class's hours. The end of a class that has moved is known. */
export const buildHoursChange = (moved: Prebooking) => ({
  text: 'classTime = :time, classStartsAt = :starts, classEndsAt = :ends, opensAt = :opens, wakesAt = :wakes',
  values: {
    ':time': moved.classTime,
    ':starts': toIso(moved.classStartsAt),
    ':ends': toIso(moved.classEndsAt ?? moved.classStartsAt),
    ':opens': toIso(moved.opensAt),
    ':wakes': toIso(moved.wakesAt),
  },
});
