import * as z from 'zod/mini';
import { OpeningRule } from '../boxes/opening-rule.ts';
import { BlockedReason } from '../events/blocked-reason.ts';
import { toIso } from '../platform/dynamodb.ts';
import { hashToRange } from '../platform/hash.ts';
import { OptionalInstant, StoredInstant } from '../platform/stored-fields.ts';
import { type Plan, PROBLEM_CODES } from './routine.ts';

/** The number of partitions (shards) of the index of due plans. */
export const SHARDS = 8;

/** An item of version 0.1.0 has no `told` and `timesTold`, and its problem no `suggestions` and `isPassing`. */
const StoredRoutine = z.object({
  id: z.string(),
  box: z.string(),
  boxId: z.string(),
  weekday: z.number(),
  startsAt: z.string(),
  className: z.string(),
  familyId: z.nullable(z.string()),
  whenFull: z.enum(['waitlist', 'skip']),
  from: z.nullable(z.string()),
  until: z.nullable(z.string()),
  opening: z.nullable(OpeningRule),
  skip: z.array(z.string()),
  createdAt: StoredInstant,
  planAt: z.nullable(StoredInstant),
  problem: z.nullable(
    z.object({
      day: z.string(),
      code: z.enum(PROBLEM_CODES),
      detail: z.string(),
      suggestions: z._default(z.array(z.string()), []),
      isPassing: z._default(z.boolean(), false),
    }),
  ),
  told: z._default(
    z.nullable(z.object({ day: z.string(), code: BlockedReason, suggestions: z.array(z.string()) })),
    null,
  ),
  timesTold: z._default(z.number(), 0),
});

const PlanItem = z.object({
  email: z.string(),
  routines: z.array(StoredRoutine),
  pauses: z.array(z.object({ from: z.string(), until: z.string(), routineId: z.nullable(z.string()) })),
  revision: z.number(),
  planAt: OptionalInstant,
  claimedUntil: OptionalInstant,
  lastChange: z.optional(z.string()),
});

/** Decodes an item of the table. @throws ZodError if it is not a plan. */
export const decodePlan = (item: unknown): Plan => PlanItem.parse(item);

/**
 * Encodes a plan. A plan that is never due has no shard, so the index does not contain it. `claimedUntil` is left out, because a
 * written plan is claimed by nobody.
 */
export const encodePlan = ({ email, routines, pauses, revision, planAt, lastChange }: Plan) => ({
  ...{ email, pauses, revision, lastChange },
  routines: routines.map((routine) => ({
    ...routine,
    createdAt: toIso(routine.createdAt),
    planAt: routine.planAt === null ? null : toIso(routine.planAt),
  })),
  ...(planAt !== null && { planShard: hashToRange(email, SHARDS), planAt: toIso(planAt) }),
});
