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

/** Tells a conditional write that was applied (true) from one whose condition was not met (false). */
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
