import { Duration } from 'aws-cdk-lib';
import { CfnEventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { DeadLetters } from './dead-letters.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** How long a message that failed stays hidden. SQS wants no less than the time limit of the function that it starts. */
const VISIBILITY_TIMEOUT = Duration.seconds(30);

/** How often a message is delivered at most. */
const MAX_RECEIVES = 3;

/** How many messages start one run. */
const BATCH_SIZE = 10;

/** After this time a message is useless: nothing is booked later than 2 minutes after the opening. */
const RETENTION = Duration.minutes(10);

/** The queue of delayed messages that start the firings, and their guards, at their time. */
export class FiringQueue extends Construct {
  readonly queue: Queue;
  /** Messages whose every delivery has failed. */
  readonly undelivered: DeadLetters;

  constructor(scope: Construct, id: string, options: DeploymentOptions) {
    super(scope, id);
    this.undelivered = new DeadLetters(this, 'Undelivered', options);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: VISIBILITY_TIMEOUT,
      retentionPeriod: RETENTION,
      deadLetterQueue: { queue: this.undelivered, maxReceiveCount: MAX_RECEIVES },
      removalPolicy: removalPolicyOf(options),
    });
  }

  /** Starts a function for the messages whose time has come. */
  startFor(target: IFunction): void {
    const delivery = new CfnEventSourceMapping(this, 'Delivery', {
      eventSourceArn: this.queue.queueArn,
      functionName: target.functionArn,
      batchSize: BATCH_SIZE,
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
    suppressNag(delivery, QUEUE_HAS_ONE, 'Serverless-LambdaEventSourceMappingDestination');
  }
}

const QUEUE_HAS_ONE = 'Lambda offers no destination for failures of a queue: the queue has a dead-letter queue.';
