import { once } from 'node:events';
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';
import engine, { type Store } from 'dynalite/db/index.js';
import { TABLES, type TableDefinition } from '../catalog/tables.ts';
import { prepareStores } from './engine-stores.ts';
import { USER_ACCESS_KEY } from './iam-rules.ts';
import { boundPort, IDLE_TIMEOUT, refusePages } from './loopback.ts';
import { rememberExpressions } from './parsed-expressions.ts';
import { keepQueriesFromWrites } from './query-lock.ts';
import { returnRefusedItems } from './refused-items.ts';
import { countRunningRequests } from './running-requests.ts';
import { FAILED_WRITE } from './store-errors.ts';
import { syncFolder } from './sync-folder.ts';

/** A running database. @property server the server at the endpoint, if the database runs in this process. */
export type Database = { readonly endpoint: string; readonly server?: Server; stop(): Promise<void> };
/** A database in this process. @property store the tables and items, which the server's requests read and write. */
export type OwnDatabase = Database & { readonly server: Server; readonly store: Store };

export type DatabaseOptions = {
  /** The folder of the data; without it, the data is in memory. */
  readonly path?: string;
  /** Called when the disk has failed a write. From then on every request fails, until the database is started anew. */
  readonly onFailedWrite?: ((error: Error) => void) | undefined;
};

/** The most writes in a batch, by DynamoDB's limit. */
const BATCH_SIZE = 25;

/**
 * Starts DynamoDB on this machine, in memory or in a folder. If a process is killed, no acknowledged item is lost, but the
 * entries of the indexes may be wrong. So each start first copies the items into a new database, which builds correct indexes, and
 * then replaces the folder with the complete copy.
 */
export async function startDatabase({ path, onFailedWrite }: DatabaseOptions): Promise<OwnDatabase> {
  if (path !== undefined) await rebuildIndexes(path);
  const database = await startEngine(path);
  if (onFailedWrite) database.store.db.once(FAILED_WRITE, onFailedWrite);
  await createTables(clientAt(database.endpoint));
  return database;
}

/** Creates the tables that do not exist yet, and waits until they accept items. */
export async function createTables(client: DynamoDBClient): Promise<void> {
  for (const [name, definition] of Object.entries(TABLES)) {
    try {
      await client.send(new CreateTableCommand(buildTableRequest(name, definition)));
    } catch (error) {
      if (!(error instanceof ResourceInUseException)) throw error;
    }
  }
  for (const name of Object.keys(TABLES)) while (!(await isActive(client, name))) await setImmediate();
}

async function isActive(client: DynamoDBClient, name: string): Promise<boolean> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
  return Table?.TableStatus === 'ACTIVE';
}

/** Creates a client for the engine at an endpoint. */
export const clientAt = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: USER_ACCESS_KEY, secretAccessKey: 'local' },
  });

/** Creates a document client (items as plain objects) for the engine at an endpoint. */
export const documentsAt = (endpoint: string): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(clientAt(endpoint));

/** Starts the engine (dynalite). Without a path, its data is in memory. Creates no tables. */
export async function startEngine(path?: string): Promise<OwnDatabase> {
  // These three change dynalite's modules, for all engines of this process.
  returnRefusedItems();
  prepareStores();
  rememberExpressions();
  const { server, store } = createEngine(path);
  const [listener] = server.listeners('request');
  const handle: RequestListener = (request, response) => {
    listener?.(request, response);
    // If a client disconnects while it sends, dynalite's own listener throws an error that would end the process.
    request.removeAllListeners('error').on('error', () => response.destroy());
  };
  const requests = countRunningRequests(handle);
  server.removeAllListeners('request');
  server.on('request', refusePages(keepQueriesFromWrites(requests.handle)));
  server.keepAliveTimeout = IDLE_TIMEOUT;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    store,
    endpoint: `http://127.0.0.1:${boundPort(server)}`,
    async stop() {
      await requests.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Creates dynalite's server. Replaces `engine.create` for that time, to get the store that dynalite creates for the server. */
function createEngine(path: string | undefined): { readonly server: Server; readonly store: Store } {
  const { create } = engine;
  let store: Store | undefined;
  engine.create = (options) => {
    store = create(options);
    return store;
  };
  // By default, dynalite delays these requests, as DynamoDB does.
  const times = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const server = dynalite({ ...times, ...(path !== undefined && { path }) });
  engine.create = create;
  if (!store) throw new Error('The engine has created no store.');
  return { server, store };
}

/** Replaces the database in a folder with a copy that has correct indexes. A kill at any step loses nothing. */
async function rebuildIndexes(path: string): Promise<void> {
  const fresh = `${path}.fresh`;
  const old = `${path}.old`;
  // If only `old` exists, a process was killed between the two renames below, so the copy is complete.
  if (!existsSync(path) && existsSync(old)) renameSync(existsSync(fresh) ? fresh : old, path);
  rmSync(fresh, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
  if (!existsSync(path)) return;
  const [source, target] = [await startEngine(path), await startEngine(fresh)];
  await createTables(clientAt(target.endpoint));
  for (const table of Object.keys(TABLES)) await copyItems(table, source.endpoint, target.endpoint);
  await Promise.all([source.stop(), target.stop()]);
  // A power cut could otherwise leave a renamed folder whose files are not on the disk.
  syncFolder(fresh);
  renameSync(path, old);
  renameSync(fresh, path);
  rmSync(old, { recursive: true, force: true });
}

/** Copies a table's items from one endpoint to another. */
async function copyItems(table: string, from: string, to: string): Promise<void> {
  const source = documentsAt(from);
  const target = documentsAt(to);
  try {
    for await (const { Items = [] } of paginateScan({ client: source, pageSize: BATCH_SIZE }, { TableName: table })) {
      if (Items.length === 0) continue;
      await target.send(
        new BatchWriteCommand({ RequestItems: { [table]: Items.map((Item) => ({ PutRequest: { Item } })) } }),
      );
    }
  } catch (error) {
    // A database of an earlier version lacks the tables that are new in this version.
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}

/** Builds the request that creates a table. */
function buildTableRequest(name: string, definition: TableDefinition) {
  const { partitionKey, sortKey, indexes, localIndexes = [] } = definition;
  const attributeTypes = new Map<string, 'S' | 'N'>([
    [partitionKey, 'S'],
    ...(sortKey ? [[sortKey, 'S'] as const] : []),
  ]);
  for (const index of indexes) {
    attributeTypes.set(index.partitionKey.name, index.partitionKey.type);
    if (index.sortKey) attributeTypes.set(index.sortKey, 'S');
  }
  for (const index of localIndexes) attributeTypes.set(index.sortKey, 'S');
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST' as const,
    KeySchema: keySchema(partitionKey, sortKey),
    AttributeDefinitions: [...attributeTypes].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keySchema(index.partitionKey.name, index.sortKey),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
    ...(localIndexes.length > 0 && {
      LocalSecondaryIndexes: localIndexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keySchema(partitionKey, index.sortKey),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
  };
}

const keySchema = (partitionKey: string, sortKey?: string) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  ...(sortKey ? [{ AttributeName: sortKey, KeyType: 'RANGE' as const }] : []),
];
