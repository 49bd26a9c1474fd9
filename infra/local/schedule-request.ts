import * as z from 'zod/mini';
import type { Instant } from '../../lib/platform/clock.ts';
import { type Schedule, ScheduleFault } from './schedule-store.ts';

const DAY_SECONDS = 86_400;

const Arn = z.string().check(z.regex(/^arn:aws[a-z-]*:[a-z0-9-]+:/, 'an ARN'), z.maxLength(1_600));

/** The fields of CreateSchedule that one-time schedules use, with the limits of AWS (Scheduler API reference). */
const CreateSchedule = z.object({
  GroupName: z.optional(z.string().check(z.regex(/^[0-9a-zA-Z-_.]{1,64}$/, 'a group name'))),
  ClientToken: z.optional(z.string().check(z.regex(/^[a-zA-Z0-9-_]{1,64}$/, 'a client token'))),
  ScheduleExpression: z
    .string()
    .check(z.regex(/^at\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\)$/, 'at(yyyy-mm-ddThh:mm:ss)')),
  ScheduleExpressionTimezone: z.optional(z.literal('UTC', 'only UTC')),
  ActionAfterCompletion: z.optional(z.enum(['NONE', 'DELETE'])),
  FlexibleTimeWindow: z.object({ Mode: z.literal('OFF') }),
  Target: z.object({
    Arn,
    RoleArn: Arn,
    Input: z.optional(z.string().check(z.minLength(1))),
    DeadLetterConfig: z.optional(z.object({ Arn })),
    RetryPolicy: z.optional(
      z.object({
        MaximumEventAgeInSeconds: z.optional(z.int().check(z.minimum(60), z.maximum(DAY_SECONDS))),
        MaximumRetryAttempts: z.optional(z.int().check(z.minimum(0), z.maximum(185))),
      }),
    ),
  }),
});

/**
 * Decodes CreateSchedule.
 *
 * @returns the schedule, with the instant in its expression. To compute `dueAt`, the scheduler adds the simulated lateness.
 * @throws ScheduleFault ValidationException; the message names the field.
 */
export function decodeSchedule(
  name: string,
  body: unknown,
  now: Instant,
): Omit<Schedule, 'dueAt'> & { readonly statedAt: Instant } {
  if (!/^[0-9a-zA-Z-_.]{1,64}$/.test(name)) throw invalid('name: 1 to 64 of [0-9a-zA-Z-_.]');
  const decoded = CreateSchedule.safeParse(body);
  if (!decoded.success)
    throw invalid(decoded.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const { GroupName: group = 'default', ClientToken: clientToken = '', ScheduleExpression, Target } = decoded.data;
  const statedAt = parseUtc(ScheduleExpression.slice('at('.length, -1));
  if (statedAt === undefined) throw invalid(`ScheduleExpression: ${ScheduleExpression} is not an instant`);
  if (statedAt < now) throw invalid('ScheduleExpression: the time has passed');
  return { group, name, clientToken, statedAt, targetArn: Target.Arn, input: Target.Input ?? '{}' };
}

/** Parses a UTC time. @returns undefined for a day or hour that does not exist, for which `Date.parse` returns the following one. */
function parseUtc(utc: string): Instant | undefined {
  const instant = Date.parse(`${utc}Z`);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(utc) ? instant : undefined;
}

const invalid = (message: string) => new ScheduleFault(400, 'ValidationException', message);

export const scheduleArn = ({ group, name }: Pick<Schedule, 'group' | 'name'>): string =>
  `arn:aws:scheduler:eu-west-1:000000000000:schedule/${group}/${name}`;
