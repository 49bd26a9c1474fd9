import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Prebooking } from './prebooking.ts';

/** The event that starts `fire-prebooking`. @property order the generation: a wake-up of an earlier one starts nothing. */
export type WakeUp = { readonly email: string; readonly id: string; readonly order: number };

/** Starts the firing of pre-bookings: by a one-time schedule, or at once if the opening is near. */
export type WakeUps = {
  /** Arms the wake-up. A second call changes nothing. @throws the SDK's error if the wake-up could not be set. */
  arm(prebooking: Prebooking, now: Instant): Promise<void>;
  /** Starts the firing at once, without waiting for it to end. */
  start(prebooking: Prebooking): Promise<void>;
  /** Deletes the wake-up, if there is one. */
  disarm(prebooking: Prebooking): Promise<void>;
};

export type WakeUpTarget = {
  readonly group: string;
  /** The role with which EventBridge Scheduler starts the function. */
  readonly roleArn: string;
  readonly functionArn: string;
  /** The queue for wake-ups that could not be delivered. */
  readonly deadLetterArn: string;
};

/** How far ahead a schedule must lie when it is created: EventBridge Scheduler refuses a time in the past. */
const SCHEDULE_MARGIN = 5 * SECOND;

export function wakeUps({
  scheduler,
  lambda,
  target,
}: {
  readonly scheduler: SchedulerClient;
  readonly lambda: LambdaClient;
  readonly target: WakeUpTarget;
}): WakeUps {
  async function start(prebooking: Prebooking): Promise<void> {
    await lambda.send(
      new InvokeCommand({
        FunctionName: target.functionArn,
        InvocationType: 'Event',
        Payload: Buffer.from(encodeWakeUp(prebooking)),
      }),
    );
  }

  async function arm(prebooking: Prebooking, now: Instant): Promise<void> {
    if (prebooking.wakesAt < now + SCHEDULE_MARGIN) return start(prebooking);
    try {
      await scheduler.send(new CreateScheduleCommand(scheduleFor(prebooking, target)));
    } catch (error) {
      // The name contains id and generation, so a schedule with that name is this wake-up.
      if (!(error instanceof ConflictException)) throw error;
    }
  }

  async function disarm(prebooking: Prebooking): Promise<void> {
    try {
      await scheduler.send(new DeleteScheduleCommand({ Name: scheduleName(prebooking), GroupName: target.group }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }

  return { arm, start, disarm };
}

/** Names the schedule: 46 characters of the 64 that EventBridge Scheduler allows, without the member's e-mail. */
const scheduleName = ({ id, generation }: Prebooking): string => `${id}-${generation}`;

const encodeWakeUp = ({ email, id, generation }: Prebooking): string =>
  JSON.stringify({ email, id, order: generation } satisfies WakeUp);

function scheduleFor(prebooking: Prebooking, target: WakeUpTarget) {
  const name = scheduleName(prebooking);
  return {
    Name: name,
    GroupName: target.group,
    ClientToken: name,
    // UTC, because AWS does not document what `at()` does during a clock change.
    ScheduleExpression: `at(${new Date(prebooking.wakesAt).toISOString().slice(0, 19)})`,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    ActionAfterCompletion: 'DELETE' as const,
    Target: {
      Arn: target.functionArn,
      RoleArn: target.roleArn,
      DeadLetterConfig: { Arn: target.deadLetterArn },
      // A wake-up is useless after the grace. By default, EventBridge Scheduler tries for a day.
      RetryPolicy: { MaximumEventAgeInSeconds: (3 * MINUTE) / SECOND, MaximumRetryAttempts: 3 },
      Input: encodeWakeUp(prebooking),
    },
  };
}
