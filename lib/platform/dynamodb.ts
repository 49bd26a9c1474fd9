import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export type Documents = DynamoDBDocumentClient;

/**
 * How long DynamoDB is waited for before the SDK asks again, in milliseconds: it answers in some 10, and a request that
 * got lost would otherwise hold up a shot for as long as its function lives.
 */
const PATIENCE = 5_000;
const CONNECTING_TAKES = 1_000;

/** The document client; endpoint, region and credentials come from the SDK's own environment variables. */
export function documents(patience = PATIENCE): Documents {
  const requestHandler = { connectionTimeout: CONNECTING_TAKES, requestTimeout: patience, throwOnRequestTimeout: true };
  const client = new DynamoDBClient({ requestHandler });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** Awaits a conditional write: true when it was made, false when its condition did not hold. */
export async function applied(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** An instant as the tables keep it: ISO 8601 UTC with milliseconds, so that text order is time order. */
export const toIso = (instant: number): string => new Date(instant).toISOString();

/** Epoch seconds, as DynamoDB's time to live wants them. */
export const epochSeconds = (instant: number): number => Math.floor(instant / 1_000);
