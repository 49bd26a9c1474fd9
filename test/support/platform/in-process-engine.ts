import { channel } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import deleteItem from 'dynalite/actions/deleteItem.js';
import getItem from 'dynalite/actions/getItem.js';
import putItem from 'dynalite/actions/putItem.js';
import query from 'dynalite/actions/query.js';
import scan from 'dynalite/actions/scan.js';
import updateItem from 'dynalite/actions/updateItem.js';
import type { Store } from 'dynalite/db/index.js';
import deleteItemRules from 'dynalite/validations/deleteItem.js';
import getItemRules from 'dynalite/validations/getItem.js';
import rules from 'dynalite/validations/index.js';
import putItemRules from 'dynalite/validations/putItem.js';
import queryRules from 'dynalite/validations/query.js';
import scanRules from 'dynalite/validations/scan.js';
import updateItemRules from 'dynalite/validations/updateItem.js';
import * as z from 'zod/mini';
import type { Documents } from '../../../lib/platform/dynamodb.ts';

/** Diagnostics channels for the engine's requests, like Node's `http.client.…` for those over HTTP. */
export const ENGINE_REQUEST = { start: 'engine.request.start', finish: 'engine.request.finish' } as const;

const started = channel(ENGINE_REQUEST.start);
const finished = channel(ENGINE_REQUEST.finish);

/** How the engine checks and carries out each command. */
const OPERATIONS = [
  { command: GetCommand, action: getItem, validation: getItemRules },
  { command: PutCommand, action: putItem, validation: putItemRules },
  { command: UpdateCommand, action: updateItem, validation: updateItemRules },
  { command: DeleteCommand, action: deleteItem, validation: deleteItemRules },
  { command: QueryCommand, action: query, validation: queryRules },
  { command: ScanCommand, action: scan, validation: scanRules },
] as const;

type Operation = (typeof OPERATIONS)[number];

/** An engine in this process. @property server listens until the engine is stopped. */
export type Engine = { readonly server: Server; readonly store: Store };

const client = new DynamoDBClient({ region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: '-' } });

/**
 * Creates a document client whose commands an engine in this process carries out. They have the same answers and errors as over
 * HTTP (test/platform/in-process-engine.test.ts), without the steps of the SDK and of the network: those take most of the time.
 */
export function documentsIn(engine: Engine): Documents {
  const send = (async (command: unknown) => {
    for (const operation of OPERATIONS)
      if (command instanceof operation.command) return decode(await request(engine, operation, encode(command.input)));
    throw new Error('The engine in this process does not know this command.');
  }) as Documents['send'];
  return Object.assign(DynamoDBDocumentClient.from(client), { send });
}

/** Sends a request to the engine. @throws the error of a refused connection if the engine has been stopped. */
async function request({ server, store }: Engine, { action, validation }: Operation, input: object): Promise<object> {
  if (!server.listening)
    throw Object.assign(new Error('The engine is stopped.'), { code: 'ECONNREFUSED', $metadata: {} });
  const message = { request: input };
  started.publish(message);
  try {
    const checked = rules.checkTypes(input, validation.types);
    rules.checkValidations(checked, validation.types, validation.custom, store);
    return await new Promise((resolve, reject) =>
      action(store, checked, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
  } catch (error) {
    throw serviceError(error);
  } finally {
    finished.publish(message);
  }
}

const Refusal = z.object({
  statusCode: z.number(),
  body: z.object({
    __type: z.string(),
    message: z.optional(z.string()),
    Message: z.optional(z.string()),
    Item: z.optional(z.custom<Record<string, AttributeValue>>()),
  }),
});

/** Converts the engine's refusal of a request to the SDK's error. */
function serviceError(error: unknown): unknown {
  const refusal = Refusal.safeParse(error);
  if (!refusal.success) return error;
  const { statusCode, body } = refusal.data;
  const name = body.__type.split('#').at(-1) ?? '';
  const options = {
    message: body.message ?? body.Message ?? '',
    $metadata: { httpStatusCode: statusCode, attempts: 1 },
  };
  if (name === 'ConditionalCheckFailedException')
    return new ConditionalCheckFailedException({ ...options, ...(body.Item && { Item: body.Item }) });
  if (name === 'ResourceNotFoundException') return new ResourceNotFoundException(options);
  return new DynamoDBServiceException({ ...options, name, $fault: 'client' });
}

/** The fields of requests and answers that hold values of attributes: an item's, or, in `Items`, those of several. */
const VALUE_FIELDS = new Set([
  ...['Item', 'Items', 'Key', 'Attributes'],
  ...['ExpressionAttributeValues', 'ExclusiveStartKey', 'LastEvaluatedKey'],
]);

/** Encodes a request as DynamoDB's JSON. */
const encode = (input: object): object =>
  mapFields(input, (name, value) => (VALUE_FIELDS.has(name) ? encodeItem(value) : value));

/** Decodes an answer of DynamoDB's JSON. */
const decode = (answer: object): object =>
  mapFields({ ...answer, $metadata: { httpStatusCode: 200, attempts: 1 } }, (name, value) => {
    if (!VALUE_FIELDS.has(name)) return value;
    return Array.isArray(value) ? value.map(decodeItem) : decodeItem(value);
  });

/** Maps the fields of an object. Leaves out those that are undefined. */
function mapFields<Result>(from: object, map: (name: string, value: unknown) => Result): Record<string, Result> {
  const mapped: Record<string, Result> = {};
  for (const [name, value] of Object.entries(from)) if (value !== undefined) mapped[name] = map(name, value);
  return mapped;
}

const encodeItem = (item: unknown) => mapFields(Object(item), (_, value) => encodeValue(value));

function encodeValue(value: unknown): object {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: encodeNumber(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.filter((one) => one !== undefined).map(encodeValue) };
  if (value instanceof Set) return encodeSet([...value]);
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) return { M: encodeItem(value) };
  throw new Error(`The engine in this process does not encode this value: ${String(value)}`);
}

const encodeSet = (values: readonly unknown[]): object =>
  values.every((one) => typeof one === 'number') ? { NS: values.map(encodeNumber) } : { SS: values };

/** Encodes a number. @throws Error, as the SDK, if DynamoDB would store another one. */
function encodeNumber(value: number): string {
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) throw new Error(`The number ${value} cannot be stored.`);
  return String(value);
}

const decodeItem = (item: unknown): object => mapFields(Object(item), (_, value) => decodeValue(Object(value)));

function decodeValue({ S, N, BOOL, L, M, NS, SS }: Partial<Record<string, unknown>>): unknown {
  if (S !== undefined) return S;
  if (N !== undefined) return Number(N);
  if (BOOL !== undefined) return BOOL;
  if (M !== undefined) return decodeItem(M);
  if (Array.isArray(L)) return L.map((one) => decodeValue(Object(one)));
  if (Array.isArray(NS)) return new Set(NS.map(Number));
  return Array.isArray(SS) ? new Set(SS) : null;
}
