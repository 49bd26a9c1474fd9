import type { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { createDeliveryRole, createScheduleGroup, grantInvoke } from './wake-ups.ts';

/** How often a function is started, and what happens to a start that fails. */
export type Recurrence = {
  readonly name: string;
  readonly target: IFunction;
  /** In words, after "every", and as EventBridge Scheduler's rate, such as `1 minute`. */
  readonly every: string;
  readonly rate: string;
  readonly input: string;
  /** After this time a start is dropped. */
  readonly isUsefulFor: Duration;
  readonly retries: number;
};

/**
 * Starts functions again and again. The schedules have a group of their own, so that a function that may delete wake-ups cannot
 * delete these schedules.
 */
export function startRecurring(scope: Construct, groupName: string, recurrences: readonly Recurrence[]): void {
  const group = createScheduleGroup(scope, groupName);
  const role = createDeliveryRole(scope, group);
  for (const { name, target, every, rate, input, isUsefulFor, retries } of recurrences) {
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
        retryPolicy: { maximumEventAgeInSeconds: isUsefulFor.toSeconds(), maximumRetryAttempts: retries },
      },
    }).node.addDependency(group, role);
  }
}
