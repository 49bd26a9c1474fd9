import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { DeadLetters } from './dead-letters.ts';
import { suppressNag } from './suppress-nag.ts';

/** The group of the one-time schedules, the role that delivers them, and the queue of those that could not be delivered. */
export class WakeUps extends Construct {
  readonly group: ScheduleGroup;
  readonly role: Role;
  readonly undelivered: DeadLetters;

  constructor(scope: Construct, id: string, options: DeploymentOptions) {
    super(scope, id);
    this.group = scheduleGroup(this, 'wake-ups');
    this.undelivered = new DeadLetters(this, 'Undelivered', options);
    this.role = deliveryRole(this, this.group);
    this.undelivered.grantSendMessages(this.role);
  }

  /** The ARN pattern of the group's schedules. */
  get schedules(): string {
    return schedulesOf(this.group, Aws.PARTITION, Aws.REGION, Aws.ACCOUNT_ID);
  }

  /** Suppresses the finding about the pattern on a construct that may use these schedules. */
  suppressNagOn(scope: Construct): void {
    const named = schedulesOf(this.group, '<AWS::Partition>', '<AWS::Region>', '<AWS::AccountId>');
    suppressNag(scope, NAMED_LATER, `AwsSolutions-IAM5[Resource::${named}]`);
  }
}

const NAMED_LATER =
  'A schedule is named after the pre-booking it serves, when it is made; the group holds wake-ups and nothing else.';

const schedulesOf = ({ scheduleGroupName }: ScheduleGroup, partition: string, region: string, account: string) =>
  `arn:${partition}:scheduler:${region}:${account}:schedule/${scheduleGroupName}/*`;

/**
 * Creates a group that is deleted with its stack, schedules included. Otherwise they would go on calling functions that no
 * longer exist.
 */
export const scheduleGroup = (scope: Construct, name: string): ScheduleGroup =>
  new ScheduleGroup(scope, 'Group', {
    scheduleGroupName: `${Stack.of(scope).stackName}-${name}`,
    removalPolicy: RemovalPolicy.DESTROY,
  });

/** Creates the role with which EventBridge Scheduler starts functions on behalf of one group's schedules. */
export function deliveryRole(scope: Construct, group: ScheduleGroup): Role {
  return new Role(scope, 'DeliveryRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com').withConditions({
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group.scheduleGroupArn },
    }),
  });
}

export const grantInvoke = (role: Role, target: IFunction): void => {
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }));
};
