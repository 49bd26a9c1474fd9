import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { deliveryRole, letInvoke, scheduleGroup } from './wake-ups.ts';

/**
 * Starts functions every minute, and tells them which minute. In a group of its own: whoever may remove a wake-up cannot
 * stop these.
 */
export class EveryMinute extends Construct {
  constructor(scope: Construct, id: string, functions: ReadonlyMap<string, IFunction>) {
    super(scope, id);
    const group = scheduleGroup(this, 'every-minute');
    const role = deliveryRole(this, group);
    for (const [name, target] of functions) {
      letInvoke(role, target);
      new CfnSchedule(this, name, {
        description: `Starts ${name} every minute`,
        groupName: group.scheduleGroupName,
        scheduleExpression: 'rate(1 minute)',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: target.functionArn,
          roleArn: role.roleArn,
          input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
          // The next minute makes up for one that was missed, and does it better than a late start beside it.
          retryPolicy: { maximumEventAgeInSeconds: Duration.minutes(1).toSeconds(), maximumRetryAttempts: 1 },
        },
      }).node.addDependency(group, role);
    }
  }
}
