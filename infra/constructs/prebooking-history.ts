import { Stack } from 'aws-cdk-lib';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ServiceFunction } from './functions.ts';

/** A saved query of CloudWatch Logs: it lists all log lines about one pre-booking, the oldest first. */
export class PrebookingHistory extends Construct {
  constructor(scope: Construct, id: string, functions: readonly ServiceFunction[]) {
    super(scope, id);
    new QueryDefinition(this, 'Query', {
      queryDefinitionName: `${Stack.of(this).stackName}/history of a pre-booking`,
      logGroups: functions.map(({ logGroup }) => logGroup),
      queryString: new QueryString({
        fields: [
          '@timestamp',
          'event',
          'order',
          'status',
          'step',
          'reason',
          'outcome',
          'code',
          'latenessMs',
          'latenessBoundMs',
          'shots',
          'error',
          'message',
          'cause',
          'requestId',
          '@log',
          // The whole line, with the fields that only some events have.
          '@message',
        ],
        filterStatements: ['prebooking = "PUT THE ID HERE"'],
        sort: '@timestamp asc',
      }),
    });
  }
}
