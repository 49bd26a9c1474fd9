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

/** Sends mail to the operator about alarms, failed pre-bookings and ended sessions. */
export class Notifications extends Construct {
  /** The action of an alarm when it rings. */
  readonly alarmAction: SnsAction;
  /** Holds mail that could not be sent, and failure events that did not reach the topic. */
  readonly unsent: DeadLetters;

  constructor(scope: Construct, id: string, { options, email, bus, key }: NotificationsProps) {
    super(scope, id);
    const topic = new Topic(this, 'Topic', { enforceSSL: true, ...(key && { masterKey: key }) });
    this.#allowAlarmsToPublish(topic, key);
    this.unsent = new DeadLetters(this, 'Unsent', options);
    topic.addSubscription(new EmailSubscription(email, { deadLetterQueue: this.unsent }));
    new Rule(this, 'Failures', {
      description: 'Pre-bookings and sessions that failed',
      eventBus: bus,
      eventPattern: { detailType: FAILURE_EVENTS },
      targets: [new SnsTopic(topic, { deadLetterQueue: this.unsent })],
    });
    this.alarmAction = new SnsAction(topic);
  }

  /**
   * Allows the account's alarms to publish. `enforceSSL` and the rule give the topic a policy, and a topic with a policy accepts
   * messages only from the principals in it. If the topic has a key, its publishers must also be allowed to use the key.
   */
  #allowAlarmsToPublish(topic: Topic, key: Key | undefined): void {
    const alarms = new ServicePrincipal('cloudwatch.amazonaws.com');
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [alarms],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    key?.grantEncryptDecrypt(alarms);
    key?.grantEncryptDecrypt(new ServicePrincipal('events.amazonaws.com'));
  }
}
