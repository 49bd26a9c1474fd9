import * as z from 'zod/mini';
import { epochSeconds, toIso } from '../platform/dynamodb.ts';
import { KEPT_FOR, type Lease, type Prebooking, type Result } from './prebooking.ts';

const StoredInstant = z.pipe(
  z.string(),
  z.transform((iso: string) => Date.parse(iso)),
);

const Nullable = <Schema extends z.core.$ZodType>(schema: Schema) => z.nullable(schema);

const StoredResult = z.object({
  outcome: z.enum([
    'booked',
    'already-booked',
    'waitlisted',
    'class-full',
    'no-credit',
    'unpaid',
    'booking-limit',
    'class-not-found',
    'too-early',
    'too-late',
    'login-required',
    'missed',
    'upstream-rejected',
    'upstream-unreachable',
    'upstream-timeout',
    'unknown',
  ]),
  bookingId: Nullable(z.string()),
  code: Nullable(z.string()),
  message: Nullable(z.string()),
  firedAt: Nullable(StoredInstant),
  latenessMs: Nullable(z.number()),
  latenessBoundMs: Nullable(z.number()),
  shots: z.number(),
  aimedBy: z._default(Nullable(z.enum(['calibrated', 'bounded', 'local-clock'])), null),
});

const common = {
  email: z.string(),
  id: z.string(),
  order: z.number(),
  box: z.string(),
  boxId: z.string(),
  day: z.string(),
  classId: Nullable(z.string()),
  familyId: Nullable(z.string()),
  whenFull: z._default(Nullable(z.enum(['waitlist', 'skip'])), null),
  routineId: z._default(Nullable(z.string()), null),
  className: z.string(),
  classTime: z.string(),
  classStartsAt: StoredInstant,
  classEndsAt: z.optional(StoredInstant),
  opensAt: StoredInstant,
  wakesAt: StoredInstant,
  createdAt: StoredInstant,
};

const attempt = { attempt: z.optional(z.string()), attemptUntil: z.optional(StoredInstant) };

/** What is over is kept for a fixed time: until when tells since when. */
const over = {
  expiresAt: z.pipe(
    z.number(),
    z.transform((seconds: number) => seconds * 1_000 - KEPT_FOR),
  ),
};

const PrebookingItem = z.discriminatedUnion('status', [
  z.object({
    ...common,
    status: z.literal('pending'),
    armed: z.boolean(),
    postponed: z.optional(z.boolean()),
    ...attempt,
  }),
  z.object({
    ...common,
    status: z.literal('firing'),
    attempt: z.string(),
    attemptUntil: StoredInstant,
    shots: z._default(z.number(), 1),
  }),
  z.object({
    ...common,
    ...over,
    status: z.enum(['booked', 'waitlisted', 'failed']),
    result: StoredResult,
    wokenLateMs: z.optional(z.number()),
  }),
  z.object({
    ...common,
    ...over,
    status: z.literal('cancelled'),
    cancelledBy: z._default(z.enum(['member', 'routine']), 'member'),
  }),
]);

/** @throws ZodError when the table holds something that is not a pre-booking. */
export function decodePrebooking(item: unknown): Prebooking {
  const { order: generation, ...rest } = PrebookingItem.parse(item);
  const decoded = { ...rest, generation };
  if (decoded.status === 'pending') {
    const { attempt: id, attemptUntil, ...pending } = decoded;
    return {
      ...pending,
      lease: id === undefined || attemptUntil === undefined ? null : { id, expiresAt: attemptUntil },
    };
  }
  if (decoded.status === 'firing') {
    const { attempt: id, attemptUntil, ...firing } = decoded;
    return { ...firing, lease: { id, expiresAt: attemptUntil } };
  }
  const { expiresAt: endedAt, ...ended } = decoded;
  return { ...ended, endedAt };
}

/**
 * Partitions of the index of unfinished pre-bookings; as many again hold those that no schedule was confirmed for, and as
 * many those that have ended, which nobody was told of yet.
 */
export const SHARDS = 8;

export const UNARMED = SHARDS;

export const UNPUBLISHED = 2 * SHARDS;

/** Even, and the same for the same pre-booking. */
const shardOf = (id: string): number => Number.parseInt(id.slice(0, 8), 16) % SHARDS;

export const armedShard = shardOf;

export const unarmedShard = (id: string): number => UNARMED + shardOf(id);

export const unpublishedShard = (id: string): number => UNPUBLISHED + shardOf(id);

/** The table item of a pre-booking that is being ordered, or that was booked while it was being ordered. */
export function itemOf(prebooking: Prebooking) {
  const { email, id, generation, box, boxId, day, classId, familyId, className, classTime } = prebooking;
  const { whenFull, routineId } = prebooking;
  const item = {
    ...{ email, id, order: generation, box, boxId, day, classId, familyId, className, classTime, whenFull, routineId },
    status: prebooking.status,
    classStartsAt: toIso(prebooking.classStartsAt),
    ...(prebooking.classEndsAt !== undefined && { classEndsAt: toIso(prebooking.classEndsAt) }),
    opensAt: toIso(prebooking.opensAt),
    wakesAt: toIso(prebooking.wakesAt),
    createdAt: toIso(prebooking.createdAt),
  };
  if (prebooking.status === 'pending') return { ...item, armed: prebooking.armed, openingShard: unarmedShard(id) };
  if (prebooking.status === 'firing') return item;
  const ended = { ...item, expiresAt: epochSeconds(prebooking.endedAt + KEPT_FOR) };
  if (!('result' in prebooking)) return ended;
  return { ...ended, result: storedResult(prebooking.result), openingShard: unpublishedShard(id) };
}

export const storedResult = (result: Result) => ({
  ...result,
  firedAt: result.firedAt === null ? null : toIso(result.firedAt),
});

export const storedLease = ({ id, expiresAt }: Lease) => ({
  ':attempt': id,
  ':until': toIso(expiresAt),
});
