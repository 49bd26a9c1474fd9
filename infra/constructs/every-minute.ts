import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { createDeliveryRole, createScheduleGroup, grantInvoke } from './wake-ups.ts';

/**
 * Starts functions every minute, and passes the scheduled minute to each run. The schedules have a group of their own, so that
 * a function that may delete wake-ups cannot delete these schedules.
 */
export class EveryMinute extends Construct {
  constructor(scope: Construct, id: string, functions: ReadonlyMap<string, IFunction>) {
    super(scope, id);
    const group = createScheduleGroup(this, 'every-minute');
    const role = createDeliveryRole(this, group);
    for (const [name, target] of functions) {
      grantInvoke(role, target);
      new CfnSchedule(this, name, {
        description: `Starts ${name} every minute`,
        groupName: group.scheduleGroupName,
        scheduleExpression: 'rate(1 minute)',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: target.functionArn,
          roleArn: role.roleArn,
          input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
          // A start that is a minute late is dropped: the next minute's run does the same work.
          retryPolicy: { maximumEventAgeInSeconds: Duration.minutes(1).toSeconds(), maximumRetryAttempts: 1 },
        },
      }).node.addDependency(group, role);
    }
  }
}
