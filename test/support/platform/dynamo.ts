import { Readable } from 'node:stream';
import { DeleteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { Store } from 'dynalite/db/index.js';
import { TABLES } from '../../../infra/catalog/tables.ts';
import { clientAt, createTables, startEngine } from '../../../infra/local/dynamodb.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { documentsIn } from './in-process-engine.ts';

/** Creates a document client for a local engine. */
export const documentsAt = (endpoint: string): Documents =>
  DynamoDBDocumentClient.from(clientAt(endpoint), { marshallOptions: { removeUndefinedValues: true } });

/**
 * Starts a real engine in memory, with the service's tables. The client passes its requests to the engine without a network,
 * which would take most of each request's time. At the endpoint, the engine also answers over HTTP.
 */
export async function startDynamo() {
  const { server, store, endpoint, stop } = await startEngine();
  tables ??= describeTables();
  for (const [name, description] of await tables) await put(store, name, description);
  return { documents: documentsIn({ server, store }), endpoint, stop };
}

/** The tables of an engine in which they have been created, by their names. The engines of this process share them. */
let tables: Promise<ReadonlyMap<string, object>> | undefined;

async function describeTables(): Promise<ReadonlyMap<string, object>> {
  const { store, endpoint, stop } = await startEngine();
  const client = clientAt(endpoint);
  await createTables(client);
  const described = new Map<string, object>();
  for (const name of Object.keys(TABLES)) described.set(name, await get(store, name));
  client.destroy();
  await stop();
  return described;
}

const get = ({ tableDb }: Store, name: string) =>
  new Promise<object>((resolve, reject) =>
    tableDb.get(name, (error, description) => (error ? reject(error) : resolve(description))),
  );

const put = ({ tableDb }: Store, name: string, description: object) =>
  new Promise<void>((resolve, reject) =>
    tableDb.put(name, description, (error) => (error ? reject(error) : resolve())),
  );

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
