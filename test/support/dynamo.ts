import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { startDatabase } from '../../infra/local/database.ts';
import type { Documents } from '../../lib/platform/dynamodb.ts';

/** A document client for a local engine. */
export const documentsAt = (endpoint: string): Documents =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );

/** A real engine in memory, with the service's tables. */
export async function startDynamo() {
  const database = await startDatabase({});
  return { documents: documentsAt(database.endpoint), stop: database.stop };
}
