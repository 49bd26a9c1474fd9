import { Duration } from 'aws-cdk-lib';
import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { acknowledge } from './acknowledge.ts';
import { PERIOD } from './metrics.ts';
import { removalPolicyOf } from './retention.ts';

/** A queue of what could not be done: encrypted, kept as long as SQS keeps anything, and read by people. */
export class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, options: DeploymentOptions) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removalPolicyOf(options),
    });
    acknowledge(this, ENDS_HERE, 'AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy');
  }

  /** How many messages it holds. */
  get held(): Metric {
    return this.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: PERIOD });
  }
}

const ENDS_HERE = 'It is where failures end: nothing consumes it, and an alarm tells people of every message.';
