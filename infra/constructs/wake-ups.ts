import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { DeadLetters } from './dead-letters.ts';
import { suppressNag } from './suppress-nag.ts';

/** The resources for wake-ups. */
export class WakeUps extends Construct {
  /** The group of the schedules. */
  readonly group: ScheduleGroup;
  /** The role with which EventBridge Scheduler starts the preparation. */
  readonly role: Role;
  /** The wake-ups that could not be delivered. */
  readonly undelivered: DeadLetters;

  constructor(scope: Construct, id: string, options: DeploymentOptions) {
    super(scope, id);
    this.group = createScheduleGroup(this, 'wake-ups');
    this.undelivered = new DeadLetters(this, 'Undelivered', options);
    this.role = createDeliveryRole(this, this.group);
    this.undelivered.grantSendMessages(this.role);
  }

  /** The ARN pattern of the group's schedules. */
  get schedulesArn(): string {
    return schedulesArnOf(this.group, Aws.PARTITION, Aws.REGION, Aws.ACCOUNT_ID);
  }

  /**
   * Suppresses cdk-nag's finding about the `*` in `schedulesArn`, for a construct whose functions may create and delete schedules.
   * In the finding, the ARN contains texts such as `<AWS::Partition>` in place of CDK's tokens.
   */
  suppressNagOn(scope: Construct): void {
    const pattern = schedulesArnOf(this.group, '<AWS::Partition>', '<AWS::Region>', '<AWS::AccountId>');
    suppressNag(scope, NAMES_UNKNOWN, `AwsSolutions-IAM5[Resource::${pattern}]`);
  }
}

const NAMES_UNKNOWN =
  'The names of schedules contain the ids of pre-bookings, which do not exist yet. The group holds only wake-ups.';

const schedulesArnOf = ({ scheduleGroupName }: ScheduleGroup, partition: string, region: string, account: string) =>
  `arn:${partition}:scheduler:${region}:${account}:schedule/${scheduleGroupName}/*`;

/**
 * Creates a group that is deleted with its stack, together with its schedules. Otherwise the schedules would call functions that
 * no longer exist.
 */
export const createScheduleGroup = (scope: Construct, name: string): ScheduleGroup =>
  new ScheduleGroup(scope, 'Group', {
    scheduleGroupName: `${Stack.of(scope).stackName}-${name}`,
    removalPolicy: RemovalPolicy.DESTROY,
  });

/** Creates the role with which EventBridge Scheduler starts functions for the schedules of one group. */
export function createDeliveryRole(scope: Construct, group: ScheduleGroup): Role {
  return new Role(scope, 'DeliveryRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com').withConditions({
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group.scheduleGroupArn },
    }),
  });
}

/** Allows a role to start a function. */
export const grantInvoke = (role: Role, target: IFunction): void => {
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }));
};
