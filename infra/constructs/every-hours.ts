import { Duration } from 'aws-cdk-lib';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { ServiceFunction } from './functions.ts';
import { createDeliveryRole, createScheduleGroup, grantInvoke } from './wake-ups.ts';

/** Starts functions every few hours; the first time at once. Creates nothing if there is no such function. */
export class EveryHours extends Construct {
  constructor(scope: Construct, id: string, functions: readonly ServiceFunction[]) {
    super(scope, id);
    const recurring = functions.flatMap(({ name, lambda, definition: { everyHours } }) =>
      everyHours === undefined ? [] : [{ name, lambda, everyHours }],
    );
    if (recurring.length === 0) return;
    const group = createScheduleGroup(this, 'every-hours');
    const role = createDeliveryRole(this, group);
    for (const { name, lambda, everyHours } of recurring) {
      grantInvoke(role, lambda);
      new CfnSchedule(this, name, {
        description: `Starts ${name} every ${everyHours} hours`,
        groupName: group.scheduleGroupName,
        scheduleExpression: `rate(${everyHours} hours)`,
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: lambda.functionArn,
          roleArn: role.roleArn,
          input: '{}',
          retryPolicy: { maximumEventAgeInSeconds: Duration.hours(1).toSeconds(), maximumRetryAttempts: 3 },
        },
      }).node.addDependency(group, role);
    }
  }
}
