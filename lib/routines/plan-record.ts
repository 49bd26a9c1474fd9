import * as z from 'zod/mini';
import { OpeningRule } from '../boxes/opening-rule.ts';
import type { Instant } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { hashToRange } from '../platform/hash.ts';
import { StoredInstant } from '../platform/stored-fields.ts';
import { type Plan, PROBLEM_CODES } from './routine.ts';

/** Partitions of the index of plans that are due. */
export const SHARDS = 8;

const Text = z.nullable(z.string());

const StoredRoutine = z.object({
  id: z.string(),
  box: z.string(),
  boxId: z.string(),
  weekday: z.number(),
  startsAt: z.string(),
  className: z.string(),
  familyId: Text,
  whenFull: z.enum(['waitlist', 'skip']),
  from: Text,
  until: Text,
  opening: z.nullable(OpeningRule),
  skip: z.array(z.string()),
  createdAt: StoredInstant,
  planAt: z.nullable(StoredInstant),
  problem: z.nullable(
    z.object({
      day: z.string(),
      code: z.enum(PROBLEM_CODES),
      detail: z.string(),
    }),
  ),
});

const PlanItem = z.object({
  email: z.string(),
  routines: z.array(StoredRoutine),
  pauses: z.array(z.object({ from: z.string(), until: z.string(), routineId: Text })),
  revision: z.number(),
  planAt: z.optional(StoredInstant),
  claimedUntil: z.optional(StoredInstant),
});

/** @throws ZodError when the table holds something that is not a plan. */
export function decodePlan(item: unknown): Plan {
  const { planAt = null, claimedUntil = null, ...plan } = PlanItem.parse(item);
  return { ...plan, planAt, claimedUntil };
}

/** The plan as it is stored; one that nobody has to look at is in no index. */
export const planItem = ({ email, routines, pauses, revision, planAt }: Plan) => ({
  ...{ email, pauses, revision },
  routines: routines.map((routine) => ({
    ...routine,
    createdAt: toIso(routine.createdAt),
    planAt: orNull(routine.planAt),
  })),
  ...(planAt !== null && { planShard: hashToRange(email, SHARDS), planAt: toIso(planAt) }),
});

const orNull = (instant: Instant | null): string | null => (instant === null ? null : toIso(instant));
