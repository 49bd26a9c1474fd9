import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ServiceFunction } from './functions.ts';
import { startRecurring } from './recurring.ts';

/** Starts each function that has `everyHours` at that interval, the first time at once. Creates nothing if no function has it. */
export class EveryHours extends Construct {
  constructor(scope: Construct, id: string, functions: readonly ServiceFunction[]) {
    super(scope, id);
    const recurring = functions.flatMap(({ name, lambda: target, definition: { everyHours } }) => {
      if (everyHours === undefined) return [];
      const interval = `${everyHours} hours`;
      // The next start comes only hours later, so a start that fails is retried within an hour.
      return [{ name, target, every: interval, rate: interval, input: '{}', maxAge: Duration.hours(1), retries: 3 }];
    });
    if (recurring.length > 0) startRecurring(this, 'every-hours', recurring);
  }
}
