import { Aws } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { DeadLetters } from './dead-letters.ts';

/** The types of events that the operator gets mail about. */
const FAILURE_EVENTS = ['PreBooking Failed', 'Session LoginRequired'];

export type NotificationsProps = {
  readonly options: DeploymentOptions;
  /** The operator's address. */
  readonly email: string;
  readonly bus: EventBus;
  /** Encrypts the topic; undefined with the option `encryption=aws-managed`. */
  readonly key: Key | undefined;
};

/** Sends mail to the operator about alarms, failed pre-bookings, and background sessions that need a login. */
export class Notifications extends Construct {
  /** What an alarm does when it rings. */
  readonly alarmAction: SnsAction;
  /** Holds mail that could not be sent, and failure events that did not reach the topic. */
  readonly unsent: DeadLetters;

  constructor(scope: Construct, id: string, { options, email, bus, key }: NotificationsProps) {
    super(scope, id);
    const topic = new Topic(this, 'Topic', { enforceSSL: true, ...(key && { masterKey: key }) });
    this.unsent = new DeadLetters(this, 'Unsent', options);
    topic.addSubscription(new EmailSubscription(email, { deadLetterQueue: this.unsent }));
    // `SnsTopic` would let the rules of every account publish to the topic. It adds no permission to an imported topic, so the
    // rule gets the topic as an imported one.
    const target = Topic.fromTopicArn(this, 'Target', topic.topicArn);
    const failures = new Rule(this, 'Failures', {
      description: 'Pre-bookings and sessions that failed',
      eventBus: bus,
      eventPattern: { detailType: FAILURE_EVENTS },
      targets: [new SnsTopic(target, { deadLetterQueue: this.unsent })],
    });
    allowToPublish(topic, 'cloudwatch.amazonaws.com', OWN_ACCOUNT);
    allowToPublish(topic, 'events.amazonaws.com', {
      ...OWN_ACCOUNT,
      ArnEquals: { 'aws:SourceArn': failures.ruleArn },
    });
    if (key) allowToEncrypt(key);
    this.alarmAction = new SnsAction(topic);
  }
}

/** The condition that an AWS service acts for this account. Without it, alarms and rules of other accounts could publish too. */
const OWN_ACCOUNT = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };

/**
 * Allows an AWS service to publish to the topic. The topic has a policy, because of `enforceSSL`, and so it accepts messages only
 * from the principals that the policy names.
 */
function allowToPublish(topic: Topic, service: string, conditions: Record<string, unknown>): void {
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(service)],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions,
    }),
  );
}

/**
 * Allows the publishers of a topic to use its key. The condition cannot name the rule: the rule needs the topic, and the topic
 * needs the key.
 */
function allowToEncrypt(key: Key): void {
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com'), new ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      // In the policy of a key, `*` is this key only.
      resources: ['*'],
      conditions: OWN_ACCOUNT,
    }),
  );
}
