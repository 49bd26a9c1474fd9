import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { aimHarderClient } from '../../lib/aimharder/client.ts';
import { originsFrom } from '../../lib/aimharder/origins.ts';
import { type Documents, documents } from '../../lib/platform/dynamodb.ts';
import { required } from '../../lib/platform/environment.ts';
import { keysFrom, keysIn, type Secrets, saltFrom, saltIn } from '../../lib/platform/secrets.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { sessionStore } from '../../lib/sessions/session-store.ts';
import { sessionTokens } from '../../lib/sessions/session-tokens.ts';
import { partitionsOf, wheelFrom } from '../../lib/sessions/wheel.ts';
import { lockDataDir } from '../local/data-lock.ts';
import { clientAt, startDatabase } from '../local/database.ts';
import { localSecrets } from '../local/secrets.ts';
import { importSessions } from './import.ts';
import { readExport } from './read-export.ts';
import { rollback } from './rollback.ts';

const USAGE = `npm run migrate -- import <auth_sessions.csv|json> [--write] [--offline]
  Reads an export of the predecessor's table. Without --write it only counts. --offline asks AimHarder for no proof.
npm run migrate -- rollback <file.csv|json> [--write]
  Exports one session per member in the old shape, after a backup of all beside it. Without --write it only counts.

With SESSIONS_TABLE, KEYS_SECRET_ID and SALT_SECRET_ID set it works on AWS; without them on the data folder of npm start
(DATA_DIR), which must not be running.`;

type Place = {
  readonly documents: Documents;
  readonly table: string;
  readonly secrets: Secrets;
  close(): Promise<void>;
};

const say = (line: string) => console.log(line);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean' }, offline: { type: 'boolean' } },
  });
  const [command, file, ...more] = positionals;
  if ((command !== 'import' && command !== 'rollback') || file === undefined || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const place = process.env['SESSIONS_TABLE'] ? await onAws() : await onThisMachine();
  try {
    if (command === 'import') return await runImport(place, file, values);
    return await runRollback(place, file, values.write ?? false);
  } finally {
    await place.close();
  }
}

async function runImport(
  place: Place,
  file: string,
  { write = false, offline = false }: { readonly write?: boolean; readonly offline?: boolean },
): Promise<number> {
  const rows = readExport(file);
  const aimHarder = offline ? undefined : aimHarderClient({ origins: originsFrom(process.env), clock });
  const { counts, failure } = await importSessions(
    { ...place, clock, refreshPartitions: partitionsOf(wheelFrom(process.env)), aimHarder, say },
    rows,
    write,
  );
  const { background, device, expired, refused, alive, written, alreadyThere } = counts;
  say(`${rows.length} rows: ${background} background, ${device} device, ${expired} expired, ${refused} refused`);
  if (write)
    say(`${written} written (${alive} proven alive, ${written - alive} need a login), ${alreadyThere} already there`);
  else say('Nothing was written. Add --write to write.');
  if (failure !== undefined) console.error(failure instanceof Error ? failure.message : 'The migration failed.');
  return failure === undefined && counts.unasked + counts.thereUnasked === 0 ? 0 : 1;
}

async function runRollback(
  { documents: client, table, secrets }: Place,
  file: string,
  write: boolean,
): Promise<number> {
  const sessions = sessionStore({ documents: client, table, clock });
  const tokens = sessionTokens({
    documents: client,
    table,
    clock,
    sessions,
    refreshPartitions: 1,
    secrets: async () => secrets,
  });
  const { members, lost } = await rollback({ documents: client, table, tokens, clock, say }, file, write);
  say(write ? `${members} members written to ${file}` : 'Nothing was written. Add --write to write.');
  return lost > 0 ? 1 : 0;
}

async function onAws(): Promise<Place> {
  const names = required(process.env, 'SESSIONS_TABLE', 'KEYS_SECRET_ID', 'SALT_SECRET_ID');
  const client = new SecretsManagerClient({});
  const secrets = {
    ...(await keysFrom(client, names.KEYS_SECRET_ID, clock)()),
    ...(await saltFrom(client, names.SALT_SECRET_ID, clock)()),
  };
  const table = names.SESSIONS_TABLE;
  return { documents: documents(), table, secrets, close: async () => undefined };
}

async function onThisMachine(): Promise<Place> {
  const dataDir = resolve(process.env['DATA_DIR'] || '.local');
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockDataDir(dataDir);
  if (!unlock) throw new Error(`On the Dot is running on ${dataDir}. Stop it first.`);
  const database = await startDatabase({ path: join(dataDir, 'database') });
  const { keys, salt } = localSecrets(dataDir, process.env['BACKGROUND_FINGERPRINT_SALT']);
  return {
    documents: DynamoDBDocumentClient.from(clientAt(database.endpoint), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    table: 'sessions',
    secrets: { keys: keysIn(keys, 'keys.json'), fingerprintSalt: saltIn(salt, 'salt.json') },
    async close() {
      await database.stop();
      unlock();
    },
  };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : 'The migration failed.');
    process.exit(1);
  },
);
