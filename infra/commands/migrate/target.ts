import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Origins, originsFrom } from '../../../lib/aimharder/origins.ts';
import { createDocuments, type Documents } from '../../../lib/platform/dynamodb.ts';
import { type Environment, readRequired } from '../../../lib/platform/environment.ts';
import { logger } from '../../../lib/platform/logger.ts';
import { keySource, parseKeys, parseSalt, type Secrets, saltSource } from '../../../lib/platform/secrets.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { DATA_FILES, dataDirFrom } from '../../local/data-files.ts';
import { lockDataDir } from '../../local/data-lock.ts';
import { clientAt, startDatabase } from '../../local/dynamodb.ts';
import { loadSecrets } from '../../local/secrets-manager.ts';
import { useDatabaseAt } from '../../local/stores.ts';

export type MigrationTarget = {
  /** The target in words, for the output. */
  readonly name: string;
  readonly documents: Documents;
  /** Name of the sessions table. */
  readonly table: string;
  readonly secrets: Secrets;
  readonly isOnAws: boolean;
  close(): Promise<void>;
};

const AWS_VARIABLES = ['SESSIONS_TABLE', 'KEYS_SECRET_ID', 'SALT_SECRET_ID'] as const;
const AIMHARDER_VARIABLES = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'] as const;

/**
 * Opens the table on AWS that the environment names, or the data folder of `npm start`.
 *
 * @throws Error when only some of `AWS_VARIABLES` are set, or the folder is in use.
 */
export async function openTarget(environment: Environment): Promise<MigrationTarget> {
  return areSet(environment, AWS_VARIABLES) ? openOnAws(environment) : openOnThisMachine(environment);
}

/**
 * Finds AimHarder's origins, for proving that sessions are alive. For the data folder of this machine, there are none unless the
 * environment names them, so that nothing is sent to the real AimHarder by mistake.
 *
 * @throws Error when only some of `AIMHARDER_VARIABLES` are set.
 */
export const findUpstream = (environment: Environment, { isOnAws }: MigrationTarget): Origins | undefined =>
  areSet(environment, AIMHARDER_VARIABLES) || isOnAws ? originsFrom(environment) : undefined;

/**
 * Checks whether all three variables are set.
 *
 * @throws Error when only some are set, because the defaults of the others would belong to another target.
 */
function areSet(environment: Environment, variables: readonly string[]): boolean {
  const missing = variables.filter((variable) => !environment[variable]);
  if (missing.length > 0 && missing.length < variables.length)
    throw new Error(`Set ${missing.join(' and ')} too, or none of the three.`);
  return missing.length === 0;
}

async function openOnAws(environment: Environment): Promise<MigrationTarget> {
  const values = readRequired(environment, ...AWS_VARIABLES);
  const table = values.SESSIONS_TABLE;
  const endpoint = environment['AWS_ENDPOINT_URL_DYNAMODB'];
  const region = await new DynamoDBClient({}).config.region();
  const secretsManager = new SecretsManagerClient({});
  const secrets = {
    ...(await keySource(secretsManager, values.KEYS_SECRET_ID, { clock, logger })()),
    ...(await saltSource(secretsManager, values.SALT_SECRET_ID, { clock, logger })()),
  };
  return {
    name: `the table ${table} ${endpoint ? `at ${endpoint}` : `in ${region}`}`,
    documents: createDocuments(),
    table,
    secrets,
    isOnAws: true,
    close: async () => undefined,
  };
}

async function openOnThisMachine(environment: Environment): Promise<MigrationTarget> {
  const dataDir = dataDirFrom(environment);
  const endpoint = environment['AWS_ENDPOINT_URL_DYNAMODB'];
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockDataDir(dataDir);
  if (!unlock) throw new Error(`On the Dot is running on ${dataDir}. Stop it first.`);
  const database = endpoint
    ? await useDatabaseAt(endpoint)
    : await startDatabase({ path: join(dataDir, DATA_FILES.database) });
  const { keys, salt } = loadSecrets(dataDir, environment['BACKGROUND_FINGERPRINT_SALT']);
  return {
    name: `the data folder ${dataDir}${endpoint ? `, with the database at ${endpoint}` : ''}`,
    documents: DynamoDBDocumentClient.from(clientAt(database.endpoint), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    table: 'sessions',
    secrets: { keys: parseKeys(keys, DATA_FILES.keys), fingerprintSalt: parseSalt(salt, DATA_FILES.salt) },
    isOnAws: false,
    async close() {
      await database.stop();
      unlock();
    },
  };
}
