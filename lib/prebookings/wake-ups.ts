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

/** What `fire-prebooking` is started with: an order, so that a wake-up of an earlier one starts nothing. */
export type WakeUp = { readonly email: string; readonly id: string; readonly order: number };
export type WakeUps = ReturnType<typeof wakeUps>;

export type WakeUpTarget = {
  readonly group: string;
  /** The role EventBridge Scheduler takes on to start the function. */
  readonly roleArn: string;
  readonly functionArn: string;
  /** The queue that gets the wake-ups that could not be delivered. */
  readonly deadLetterArn: string;
};

/** A schedule must lie ahead when it is made, and by more than the request takes. */
const SCHEDULE_MARGIN = 5 * SECOND;

/** The wake-up that starts a pre-booking's firing: a one-time schedule each, or at once when the opening is near. */
export function wakeUps({
  scheduler,
  lambda,
  target,
}: {
  readonly scheduler: SchedulerClient;
  readonly lambda: LambdaClient;
  readonly target: WakeUpTarget;
}) {
  /** Arms the wake-up; arming twice is arming once. @throws the SDK's error when neither the schedule nor the start was accepted. */
  async function arm(prebooking: Prebooking, now: Instant): Promise<void> {
    if (prebooking.wakesAt < now + SCHEDULE_MARGIN) return start(prebooking);
    try {
      await scheduler.send(new CreateScheduleCommand(scheduleFor(prebooking, target)));
    } catch (error) {
      // The name holds id and order: a schedule of that name is this very wake-up.
      if (!(error instanceof ConflictException)) throw error;
    }
  }

  /** Starts the firing at once, asynchronously. */
  async function start(prebooking: Prebooking): Promise<void> {
    await lambda.send(
      new InvokeCommand({
        FunctionName: target.functionArn,
        InvocationType: 'Event',
        Payload: Buffer.from(wakeUpOf(prebooking)),
      }),
    );
  }

  /** Removes the wake-up; one that is gone is no error. A wake-up that still comes finds nothing to do. */
  async function disarm(prebooking: Prebooking): Promise<void> {
    try {
      await scheduler.send(new DeleteScheduleCommand({ Name: nameOf(prebooking), GroupName: target.group }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }

  return { arm, start, disarm };
}

/** 32 hex digits and 13 decimal ones: within the 64 of `[0-9a-zA-Z-_.]` that a schedule's name may have, and no e-mail in it. */
const nameOf = ({ id, generation }: Prebooking): string => `${id}-${generation}`;

const wakeUpOf = ({ email, id, generation }: Prebooking): string =>
  JSON.stringify({ email, id, order: generation } satisfies WakeUp);

function scheduleFor(prebooking: Prebooking, target: WakeUpTarget) {
  const name = nameOf(prebooking);
  return {
    Name: name,
    GroupName: target.group,
    ClientToken: name,
    // Always UTC: what `at()` does inside a clock change is documented nowhere.
    ScheduleExpression: `at(${new Date(prebooking.wakesAt).toISOString().slice(0, 19)})`,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    ActionAfterCompletion: 'DELETE' as const,
    Target: {
      Arn: target.functionArn,
      RoleArn: target.roleArn,
      DeadLetterConfig: { Arn: target.deadLetterArn },
      // A wake-up delayed past the grace helps nobody; left to itself the service tries for a day.
      RetryPolicy: { MaximumEventAgeInSeconds: (3 * MINUTE) / SECOND, MaximumRetryAttempts: 3 },
      Input: wakeUpOf(prebooking),
    },
  };
}
