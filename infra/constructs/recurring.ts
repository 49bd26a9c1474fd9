import type { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { createDeliveryRole, createScheduleGroup, grantInvoke } from './wake-ups.ts';

/** How often a function is started, and what happens to a start that fails. */
export type Recurrence = {
  readonly name: string;
  readonly target: IFunction;
  /** The interval as it follows the word "every" in the schedule's description, such as `minute`. */
  readonly every: string;
  /** The interval as EventBridge Scheduler expects it, such as `1 minute`. */
  readonly rate: string;
  /** The event that the function gets, as JSON. */
  readonly input: string;
  /** A start that is later than this is dropped. */
  readonly maxAge: Duration;
  /** How often EventBridge Scheduler retries a start that was refused. */
  readonly retries: number;
};

/**
 * Creates schedules that start functions at regular intervals. The schedules have their own group, because the functions that may
 * delete wake-ups must not be able to delete these schedules.
 */
export function startRecurring(scope: Construct, groupName: string, recurrences: readonly Recurrence[]): void {
  const group = createScheduleGroup(scope, groupName);
  const role = createDeliveryRole(scope, group);
  for (const { name, target, every, rate, input, maxAge, retries } of recurrences) {
    grantInvoke(role, target);
    new CfnSchedule(scope, name, {
      description: `Starts ${name} every ${every}`,
      groupName: group.scheduleGroupName,
      scheduleExpression: `rate(${rate})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.functionArn,
        roleArn: role.roleArn,
        input,
        retryPolicy: { maximumEventAgeInSeconds: maxAge.toSeconds(), maximumRetryAttempts: retries },
      },
    }).node.addDependency(group, role);
  }
}
