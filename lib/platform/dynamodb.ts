import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DeleteCommandInput,
  type DeleteCommandOutput,
  DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
  type UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb';

export type Documents = DynamoDBDocumentClient;

/**
 * How long the SDK waits for an answer before it retries, in milliseconds. DynamoDB answers in about 10 ms. Without a
 * limit, a lost request would delay a shot until its function ends.
 */
const REQUEST_TIMEOUT = 5_000;
/** How long the SDK waits for a connection before it retries, in milliseconds. */
const CONNECTION_TIMEOUT = 1_000;

/** Creates the document client. Endpoint, region and credentials come from the SDK's own environment variables. */
export function documents(requestTimeout = REQUEST_TIMEOUT): Documents {
  const requestHandler = { connectionTimeout: CONNECTION_TIMEOUT, requestTimeout, throwOnRequestTimeout: true };
  const client = new DynamoDBClient({ requestHandler });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** Applies an update if its condition is met. @returns whether it was applied. */
export const updateIf = (documents: Documents, update: UpdateCommandInput): Promise<boolean> =>
  applied(documents.send(new UpdateCommand(update)));

/**
 * Applies an update if its condition is met.
 *
 * @returns the whole item as the update left it, or undefined if the condition was not met.
 */
export async function updateAndReadIf(
  documents: Documents,
  update: Omit<UpdateCommandInput, 'ReturnValues'>,
): Promise<UpdateCommandOutput['Attributes']> {
  const sent = documents.send(new UpdateCommand({ ...update, ReturnValues: 'ALL_NEW' }));
  return (await applied(sent)) ? (await sent).Attributes : undefined;
}

/** Writes an item if its condition is met. @returns whether it was written. */
export const putIf = (documents: Documents, put: PutCommandInput): Promise<boolean> =>
  applied(documents.send(new PutCommand(put)));

/** Deletes an item if its condition is met. @returns whether it was deleted, or was not there. */
export const deleteIf = (documents: Documents, deletion: DeleteCommandInput): Promise<boolean> =>
  applied(documents.send(new DeleteCommand(deletion)));

/**
 * Deletes an item if its condition is met.
 *
 * @returns whether it was deleted, or was not there; and the item, if it was there.
 */
export async function deleteAndReadIf(
  documents: Documents,
  deletion: Omit<DeleteCommandInput, 'ReturnValues'>,
): Promise<{ readonly deleted: boolean; readonly item: DeleteCommandOutput['Attributes'] }> {
  const sent = documents.send(new DeleteCommand({ ...deletion, ReturnValues: 'ALL_OLD' }));
  return (await applied(sent)) ? { deleted: true, item: (await sent).Attributes } : { deleted: false, item: undefined };
}

/** Awaits a conditional write. @returns true if it was applied, false if its condition was not met. */
async function applied(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Formats an instant for the tables: ISO 8601 UTC with milliseconds, whose text order is the order of time. */
export const toIso = (instant: number): string => new Date(instant).toISOString();

/** Converts epoch milliseconds to whole epoch seconds, which DynamoDB's time to live needs. */
export const epochSeconds = (instant: number): number => Math.floor(instant / 1_000);
