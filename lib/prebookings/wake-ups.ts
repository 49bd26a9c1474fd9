import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { FunctionStarter } from './function-starter.ts';
import { type Prebooking, TOO_NEAR_TO_GUARD } from './prebooking.ts';
import { queuedWakeUp } from './wake-up.ts';

/** Wakes the service for pre-bookings: by a one-time schedule each, or at once when the opening is near. */
export type WakeUps = {
  /**
   * Arms the wake-up: creates its schedule, unless there is one. If the wake-up is due, starts the preparation at once instead; a
   * repeated call then starts it again.
   *
   * @returns false if there was a schedule already.
   * @throws the SDK's error if the wake-up could not be set.
   */
  arm(prebooking: Prebooking, now: Instant): Promise<boolean>;
  /**
   * Starts the preparation at once, without waiting for it to end; or the firing, if the opening is too near for a guard, or a
   * shot may have left already.
   */
  start(prebooking: Prebooking, now: Instant): Promise<void>;
  /** Deletes the wake-up, if there is one. A wake-up that comes anyway finds nothing to do. */
  disarm(prebooking: Prebooking): Promise<void>;
};

export type WakeUpTarget = {
  readonly group: string;
  /** The role with which EventBridge Scheduler starts the preparation. */
  readonly roleArn: string;
  readonly prepareArn: string;
  /** The queue that gets the wake-ups that could not be delivered. */
  readonly deadLetterArn: string;
};

/** How far ahead a schedule must lie when it is created: EventBridge Scheduler refuses a time in the past. */
const SCHEDULE_MARGIN = 5 * SECOND;

export function wakeUps({
  scheduler,
  starter,
  target,
}: {
  readonly scheduler: SchedulerClient;
  readonly starter: FunctionStarter;
  readonly target: WakeUpTarget;
}): WakeUps {
  function start(prebooking: Prebooking, now: Instant): Promise<void> {
    const { status, opensAt } = prebooking;
    const wakeUp = queuedWakeUp(prebooking);
    const firesNow = status === 'firing' || opensAt < now + TOO_NEAR_TO_GUARD;
    return firesNow ? starter.fire([wakeUp]) : starter.prepare(wakeUp);
  }

  async function arm(prebooking: Prebooking, now: Instant): Promise<boolean> {
    try {
      if (prebooking.wakesAt < now + SCHEDULE_MARGIN) await start(prebooking, now);
      else await scheduler.send(new CreateScheduleCommand(scheduleFor(prebooking, target, now)));
      return true;
    } catch (error) {
      // The name contains id and generation, so a schedule with that name is this wake-up.
      if (!(error instanceof ConflictException)) throw error;
      return false;
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
export const scheduleName = ({ id, generation }: Pick<Prebooking, 'id' | 'generation'>): string =>
  `${id}-${generation}`;

function scheduleFor(prebooking: Prebooking, target: WakeUpTarget, now: Instant) {
  const name = scheduleName(prebooking);
  return {
    Name: name,
    GroupName: target.group,
    // By this token, AWS recognises the request if the SDK repeats it. A later arming has another token: a ConflictException.
    ClientToken: `${name}-${Math.floor(now)}`,
    // UTC, because AWS does not document what `at()` does during a clock change.
    ScheduleExpression: `at(${new Date(prebooking.wakesAt).toISOString().slice(0, 19)})`,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    ActionAfterCompletion: 'DELETE' as const,
    Target: {
      Arn: target.prepareArn,
      RoleArn: target.roleArn,
      DeadLetterConfig: { Arn: target.deadLetterArn },
      // After these 3 minutes, bookings have been open for a minute. By default, EventBridge Scheduler tries for a day.
      RetryPolicy: { MaximumEventAgeInSeconds: (3 * MINUTE) / SECOND, MaximumRetryAttempts: 3 },
      Input: JSON.stringify(queuedWakeUp(prebooking)),
    },
  };
}
