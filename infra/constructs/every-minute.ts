import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { startRecurring } from './recurring.ts';

/** Starts functions every minute, and passes the scheduled minute to each run. */
export class EveryMinute extends Construct {
  constructor(scope: Construct, id: string, functions: ReadonlyMap<string, IFunction>) {
    super(scope, id);
    const recurring = [...functions].map(([name, target]) => ({
      name,
      target,
      every: 'minute',
      rate: '1 minute',
      // EventBridge Scheduler replaces the text in angle brackets.
      input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
      // A start that is a minute late is dropped: the next minute's run does the same work.
      maxAge: Duration.minutes(1),
      retries: 1,
    }));
    startRecurring(this, 'every-minute', recurring);
  }
}
