import { Duration } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { PERIOD } from './metrics.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** A dead-letter queue: encrypted, kept for 14 days (the longest SQS allows), read by people. */
export class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, options: DeploymentOptions) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removalPolicyOf(options),
    });
    suppressNag(this, ENDS_HERE, 'AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy');
  }

  /** How many messages the queue holds. */
  get depth(): Metric {
    return this.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: PERIOD });
  }
}

const ENDS_HERE = 'This is a dead-letter queue: nothing consumes it, and an alarm tells people of every message.';
