import { Duration } from 'aws-cdk-lib';
import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Construct } from 'constructs';
import { SOURCE } from '../../lib/events/source.ts';
import type { DeploymentOptions } from '../options.ts';
import { DeadLetters } from './dead-letters.ts';

export type OnEventsProps = {
  readonly options: DeploymentOptions;
  readonly bus: EventBus;
  /** The functions to start, by their names. */
  readonly functions: ReadonlyMap<string, Lambda>;
};

/**
 * How long the bus tries to hand an event to Lambda, and then how long Lambda tries to run the function with it: 12 hours in
 * all. An older message is no longer useful to a member.
 */
const EVENT_MAX_AGE = Duration.hours(6);

/** Starts functions for every event of the bus, with retries, because the functions are idempotent. */
export class OnEvents extends Construct {
  /** Events that the bus could not deliver, or that a function could not handle even after its retries. */
  readonly undelivered: DeadLetters;

  constructor(scope: Construct, id: string, { options, bus, functions }: OnEventsProps) {
    super(scope, id);
    this.undelivered = new DeadLetters(this, 'Undelivered', options);
    for (const [name, target] of functions) {
      target.configureAsyncInvoke({
        // The most that Lambda allows.
        retryAttempts: 2,
        maxEventAge: EVENT_MAX_AGE,
        onFailure: new SqsDestination(this.undelivered),
      });
      new Rule(this, name, {
        description: `Starts ${name} for every event`,
        eventBus: bus,
        eventPattern: { source: [SOURCE] },
        targets: [
          new LambdaFunction(target, {
            deadLetterQueue: this.undelivered,
            maxEventAge: EVENT_MAX_AGE,
            // Fewer than the 185 that EventBridge makes by default: Lambda only has to put the event into its own queue.
            retryAttempts: 20,
          }),
        ],
      });
    }
  }
}
