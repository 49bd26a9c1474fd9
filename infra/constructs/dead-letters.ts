import { Duration } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { PERIOD } from './metrics.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** An encrypted dead-letter queue, which operators read. It keeps a message for 14 days, the longest that SQS allows. */
export class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, options: DeploymentOptions) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removalPolicyOf(options),
    });
    suppressNag(this, NO_CONSUMER, 'AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy');
  }

  /** The most messages that the queue held in a period. */
  get depth(): Metric {
    return this.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: PERIOD });
  }
}

const NO_CONSUMER = 'This is a dead-letter queue: nothing consumes it, and an alarm reports every message.';
