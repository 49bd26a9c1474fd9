import { randomBytes } from 'node:crypto';
import { type AttributeValue, ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
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
import { clientLimits } from './aws-client.ts';

export type Documents = DynamoDBDocumentClient;

/**
 * How long the SDK waits for an answer before it retries, in milliseconds. DynamoDB answers in about 10 ms. Without a
 * limit, a lost request would delay a shot until the function ends.
 */
const REQUEST_TIMEOUT = 5_000;

/** Creates the document client. Endpoint, region and credentials come from the SDK's own environment variables. */
export function createDocuments(requestTimeout = REQUEST_TIMEOUT): Documents {
  const client = new DynamoDBClient(clientLimits(requestTimeout));
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/**
 * How a conditional write recognises its own effect. The SDK sends a write again when the answer was lost, and the second
 * sending may be refused because the first one was applied. Without evidence, the caller would believe that another writer
 * came first.
 *
 * - Attributes with their values: the item has them only if this very write was applied. Other writers must leave these
 *   attributes alone, because they may write the item before the second sending.
 * - A function that looks for such evidence inside an attribute.
 * - `repeatable`: the condition is still met after the write, and applying the write again changes nothing.
 */
export type Evidence =
  | Readonly<Record<string, string | number>>
  | ((item: Readonly<Record<string, unknown>>) => boolean)
  | 'repeatable';

/**
 * Applies an update if its condition is met.
 *
 * @param evidence if absent, the update leaves a random id in the attribute `lastWrite`, and is applied only once.
 * @returns whether the update was applied.
 */
export const updateIf = async (
  documents: Documents,
  update: UpdateCommandInput,
  evidence?: Evidence,
): Promise<boolean> => (await sendUpdate(documents, update, evidence)) !== undefined;

/**
 * Applies an update if its condition is met.
 *
 * @param evidence as for `updateIf`.
 * @returns the whole item as the update left it, or undefined if the condition was not met.
 */
export async function updateAndReadIf(
  documents: Documents,
  update: Omit<UpdateCommandInput, 'ReturnValues'>,
  evidence?: Evidence,
): Promise<UpdateCommandOutput['Attributes']> {
  return (await sendUpdate(documents, { ...update, ReturnValues: 'ALL_NEW' }, evidence))?.Attributes;
}

/**
 * Writes an item if its condition is met.
 *
 * @param evidence if absent, the item gets a random id in the attribute `lastWrite`.
 * @returns whether the item was written.
 */
export async function putIf(documents: Documents, put: PutCommandInput, evidence?: Evidence): Promise<boolean> {
  const mark = newMark();
  const input = evidence ? put : { ...put, Item: { ...put.Item, ...mark } };
  const sent = documents.send(new PutCommand({ ...input, ...returnRefused(put) }));
  return (await awaitWrite(sent, (item) => hasEvidence(item, evidence ?? mark))) !== undefined;
}

/** Deletes an item if its condition is met. @returns false if the condition was not met. */
export const deleteIf = async (documents: Documents, deletion: DeleteCommandInput): Promise<boolean> =>
  (await sendDeletion(documents, deletion)) !== undefined;

/**
 * Deletes an item if its condition is met.
 *
 * @returns `wasDeleted`: false if the condition was not met. `item`: the deleted item; undefined if there was none; `unknown`
 *   if a repeated sending found none, because the first sending may have deleted it.
 */
export async function deleteAndReadIf(
  documents: Documents,
  deletion: Omit<DeleteCommandInput, 'ReturnValues'>,
): Promise<{ readonly wasDeleted: boolean; readonly item: DeleteCommandOutput['Attributes'] | 'unknown' }> {
  const answer = await sendDeletion(documents, { ...deletion, ReturnValues: 'ALL_OLD' });
  if (!answer) return { wasDeleted: false, item: undefined };
  return { wasDeleted: true, item: answer.Attributes ?? (wasSentAgain(answer) ? 'unknown' : undefined) };
}

type Item = Readonly<Record<string, unknown>> | undefined;
type Answer = Pick<UpdateCommandOutput, 'Attributes' | '$metadata'>;

function sendUpdate(
  documents: Documents,
  update: UpdateCommandInput,
  evidence: Evidence | undefined,
): Promise<Answer | undefined> {
  const mark = newMark();
  const input = evidence ? update : markUpdate(update, mark.lastWrite);
  const sent = documents.send(new UpdateCommand({ ...input, ...returnRefused(input) }));
  return awaitWrite(sent, (item) => hasEvidence(item, evidence ?? mark));
}

/** Sends a deletion. If a second sending is refused and there is no item, the first one has deleted it. */
const sendDeletion = (documents: Documents, deletion: DeleteCommandInput): Promise<Answer | undefined> =>
  awaitWrite(
    documents.send(new DeleteCommand({ ...deletion, ...returnRefused(deletion) })),
    (item) => item === undefined,
  );

/** Creates the mark of one write. 48 random bits suffice, because only the marks of writes within a few seconds must differ. */
const newMark = () => ({ lastWrite: randomBytes(6).toString('base64url') });

/** Adds the write's id to an update, and a condition that refuses the update if the item has that id already. */
function markUpdate(update: UpdateCommandInput, id: string): UpdateCommandInput {
  const { UpdateExpression = '', ConditionExpression, ExpressionAttributeValues } = update;
  const changes = UpdateExpression.startsWith('SET ') ? `, ${UpdateExpression.slice(4)}` : ` ${UpdateExpression}`;
  return {
    ...update,
    UpdateExpression: `SET lastWrite = :lastWrite${changes}`,
    ConditionExpression: `NOT lastWrite = :lastWrite${ConditionExpression ? ` AND (${ConditionExpression})` : ''}`,
    ExpressionAttributeValues: { ...ExpressionAttributeValues, ':lastWrite': id },
  };
}

/** Asks DynamoDB to return the item with a refusal. That costs no read units and needs no permission. */
const returnRefused = ({ ConditionExpression }: Pick<UpdateCommandInput, 'ConditionExpression'>) =>
  ConditionExpression === undefined ? {} : ({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const);

function hasEvidence(item: Item, evidence: Evidence): boolean {
  if (item === undefined || evidence === 'repeatable') return false;
  if (typeof evidence === 'function') return evidence(item);
  return Object.entries(evidence).every(([name, value]) => item[name] === value);
}

const wasSentAgain = ({ $metadata: { attempts = 1 } }: Pick<Answer, '$metadata'>): boolean => attempts > 1;

/**
 * Awaits a conditional write.
 *
 * @param isOwnEffect tells from the item whether the first sending was applied, after the second one was refused.
 * @returns the answer; the item as it is now if the first sending was applied; undefined if the condition was not met.
 */
async function awaitWrite(sent: Promise<Answer>, isOwnEffect: (item: Item) => boolean): Promise<Answer | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const { $metadata, Item } = error;
    if (!wasSentAgain(error)) return undefined;
    const Attributes = Item && decodeItem(Item);
    return isOwnEffect(Attributes) ? { Attributes, $metadata } : undefined;
  }
}

/**
 * Decodes the item of an error, because the document client decodes only the items of answers. Bytes and number sets, which no
 * store keeps, become null.
 */
const decodeItem = (item: Readonly<Record<string, AttributeValue>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, decodeValue(value)]));

function decodeValue({ S, N, BOOL, L, M, SS }: AttributeValue): unknown {
  if (N !== undefined) return Number(N);
  if (L) return L.map(decodeValue);
  if (M) return decodeItem(M);
  if (SS) return new Set(SS);
  return S ?? BOOL ?? null;
}

/** Formats an instant as ISO 8601 UTC with milliseconds. Such texts sort by time. */
export const toIso = (instant: number): string => new Date(instant).toISOString();

/** Converts epoch milliseconds to whole epoch seconds, which DynamoDB's time to live needs. */
export const epochSeconds = (instant: number): number => Math.floor(instant / 1_000);
