import { Duration } from 'aws-cdk-lib';
import { CfnEventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DeploymentOptions } from '../options.ts';
import { DeadLetters } from './dead-letters.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** SQS delivers a failed message again after this time. Lambda demands at least the timeout of `dispatch-firings`. */
const VISIBILITY_TIMEOUT = Duration.seconds(30);

/** How often a message is delivered before it goes to the dead-letter queue. */
const MAX_RECEIVES = 3;

/** The most messages that one run of `dispatch-firings` gets. */
const BATCH_SIZE = 10;

/** How long SQS keeps a message. An older one is useless: nothing is booked later than 2 minutes after the opening. */
const RETENTION = Duration.minutes(10);

/** The queue of delayed messages. Each message starts a firing or a guard at its time. */
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

  /** Makes Lambda start a function with the messages whose delay has passed. */
  deliverTo(target: IFunction): void {
    const delivery = new CfnEventSourceMapping(this, 'Delivery', {
      eventSourceArn: this.queue.queueArn,
      functionName: target.functionArn,
      batchSize: BATCH_SIZE,
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
    suppressNag(delivery, NO_DESTINATION, 'Serverless-LambdaEventSourceMappingDestination');
  }
}

const NO_DESTINATION = 'Lambda offers no failure destination for a queue. The queue has a dead-letter queue instead.';
