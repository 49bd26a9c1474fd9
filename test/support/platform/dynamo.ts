import { Readable } from 'node:stream';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { clientAt, createTables, startEngine } from '../../../infra/local/dynamodb.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { clientIn } from './in-process-engine.ts';

/** Creates a document client for a local engine. */
export const documentsAt = (endpoint: string): Documents => documentsOf(clientAt(endpoint));

const documentsOf = (client: DynamoDBClient): Documents =>
  DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

/**
 * Starts a real engine in memory, with the service's tables. The client passes its requests to the engine without a network,
 * which would take three quarters of each request's time. At the endpoint, the engine also answers over HTTP.
 */
export async function startDynamo() {
  const { server, handle, endpoint, stop } = await startEngine();
  const emit = (request: object, response: object) => void Reflect.apply(handle, server, [request, response]);
  const client = clientIn({ server, emit });
  await createTables(client);
  return { documents: documentsOf(client), endpoint, stop };
}

/** Deletes every item of some tables. @param tables the names of each table's key attributes. */
export async function empty(documents: Documents, tables: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const [TableName, names] of Object.entries(tables)) {
    for await (const { Items = [] } of paginateScan({ client: documents }, { TableName, ConsistentRead: true })) {
      const keys = Items.map((item) => Object.fromEntries(names.map((name) => [name, item[name]])));
      await Promise.all(keys.map((Key) => documents.send(new DeleteCommand({ TableName, Key }))));
    }
  }
}

const WRITES = ['UpdateItemCommand', 'PutItemCommand', 'DeleteItemCommand'];

/** Reads an answer to its end, so that the client can use its connection again: the client has 50. */
function release(response: unknown): void {
  if (typeof response !== 'object' || response === null || !('body' in response)) return;
  if (response.body instanceof Readable) response.body.resume();
}

/**
 * Creates a document client that can lose an answer after the request has reached the engine. The SDK then sends the request
 * again; `meanwhile` runs before that.
 */
export function forgetfulDocuments(endpoint: string) {
  const documents = documentsAt(endpoint);
  type Loss = {
    readonly meanwhile: () => Promise<unknown>;
    readonly commands?: readonly string[];
    readonly nth: number;
  };
  let loss: Loss | undefined;
  let seen = 0;
  documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next(args);
        const losing = loss;
        if (!losing || losing.commands?.includes(commandName) === false) return result;
        seen += 1;
        if (seen < losing.nth) return result;
        loss = undefined;
        release(result.response);
        await losing.meanwhile();
        throw Object.assign(new Error('the answer was lost'), { name: 'TimeoutError' });
      },
    { step: 'deserialize' },
  );
  const lose = (losing: Loss) => {
    loss = losing;
    seen = 0;
  };
  return {
    documents,
    loseNext: (meanwhile: () => Promise<unknown> = async () => undefined) => lose({ meanwhile, nth: 1 }),
    /** Loses the answer to the `nth` write from now on. */
    loseWrite: (nth: number) => lose({ meanwhile: async () => undefined, commands: WRITES, nth }),
    lost: () => loss === undefined,
  };
}
