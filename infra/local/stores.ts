import { join } from 'node:path';
import { DATA_FILES } from './data-files.ts';
import { clientAt, createTables, type Database, startDatabase } from './dynamodb.ts';
import { KEYS_SECRET_ID, PUSH_SECRET_ID, SALT_SECRET_ID } from './installation.ts';
import { type SecretDocuments, startSecretsManager } from './secrets-manager.ts';

export type StoresOptions = {
  /** The folder of the database; without it, the database is in memory. */
  readonly dataDir?: string;
  /** As in `DatabaseOptions`. */
  readonly onFailedWrite?: ((error: Error) => void) | undefined;
  /** The endpoint of a running DynamoDB engine. If it is set, no database is started. */
  readonly dynamodbEndpoint?: string;
  readonly secrets: SecretDocuments;
};

/** Starts the database and Secrets Manager. */
export async function startStores(options: StoresOptions) {
  const { dataDir, dynamodbEndpoint, onFailedWrite, secrets: documents } = options;
  const database = dynamodbEndpoint
    ? await useDatabaseAt(dynamodbEndpoint)
    : await startDatabase({
        ...(dataDir !== undefined && { path: join(dataDir, DATA_FILES.database) }),
        onFailedWrite,
      });
  const { keys, salt, push } = documents;
  const secrets = await startSecretsManager(
    new Map([
      [KEYS_SECRET_ID, keys],
      [SALT_SECRET_ID, salt],
      [PUSH_SECRET_ID, push],
    ]),
  );
  return {
    database,
    secrets,
    async stop() {
      secrets.stop();
      await database.stop();
    },
  };
}

/** Prepares a database that is already running. Its `stop` does not stop it. */
export async function useDatabaseAt(endpoint: string): Promise<Database> {
  await createTables(clientAt(endpoint));
  return { endpoint, stop: async () => undefined };
}
