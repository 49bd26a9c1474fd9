import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ServiceFunction } from './functions.ts';
import { startRecurring } from './recurring.ts';

/** Starts functions every few hours; the first time at once. Creates nothing if there is no such function. */
export class EveryHours extends Construct {
  constructor(scope: Construct, id: string, functions: readonly ServiceFunction[]) {
    super(scope, id);
    const recurring = functions.flatMap(({ name, lambda: target, definition: { everyHours } }) => {
      const every = `${everyHours} hours`;
      const start = { name, target, every, rate: every, input: '{}', isUsefulFor: Duration.hours(1), retries: 3 };
      return everyHours === undefined ? [] : [start];
    });
    if (recurring.length > 0) startRecurring(this, 'every-hours', recurring);
  }
}
