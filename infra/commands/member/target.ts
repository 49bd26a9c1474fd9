import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { tableNamesFrom } from '../../../lib/accounts/account-tables.ts';
import { type AccountEnd, type AccountEnded, endAccount } from '../../../lib/accounts/end-account.ts';
import { KnownOriginStore } from '../../../lib/login/known-origins.ts';
import type { Environment } from '../../../lib/platform/environment.ts';
import { jsonLogger } from '../../../lib/platform/logger.ts';
import { parseKeys } from '../../../lib/platform/secrets.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import type { Prebooking } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { scheduleName } from '../../../lib/prebookings/wake-ups.ts';
import { Tombstones } from '../../../lib/sessions/tombstones.ts';
import { tableVariables } from '../../catalog/function-definition.ts';
import { DATA_FILES, dataDirFrom } from '../../local/data-files.ts';
import { lockDataDir } from '../../local/data-lock.ts';
import { clientAt, startDatabase } from '../../local/dynamodb.ts';
import { SCHEDULE_GROUP } from '../../local/installation.ts';
import { openScheduleStore } from '../../local/schedule-store.ts';
import { loadSecrets } from '../../local/secrets-manager.ts';
import { useDatabaseAt } from '../../local/stores.ts';

/** The installation that the command works on. */
export type MemberTarget = {
  /** How the command's messages name the installation. */
  readonly name: string;
  readonly endAccount: (end: AccountEnd) => Promise<AccountEnded>;
  close(): Promise<void>;
};

/** The answer of the function `end-account`. */
const EndAccountAnswer = z.object({ isDone: z.boolean(), retryAfter: z.nullable(z.number()) });

/**
 * Opens the installation on AWS if `END_ACCOUNT_FUNCTION_ARN` names its function `end-account`; otherwise the data folder of
 * `npm start`.
 *
 * @throws Error if there is no data folder, or it is in use.
 */
export async function openTarget(environment: Environment): Promise<MemberTarget> {
  const { END_ACCOUNT_FUNCTION_ARN: functionArn } = environment;
  return functionArn ? openOnAws(functionArn) : openOnThisMachine(environment);
}

/** Deletes accounts through the deployed function, so that the operator only needs the permission to invoke that function. */
function openOnAws(functionArn: string): MemberTarget {
  const lambda = new LambdaClient({});
  return {
    name: functionArn,
    async endAccount(end) {
      const Payload = Buffer.from(JSON.stringify(end));
      const answer = await lambda.send(new InvokeCommand({ FunctionName: functionArn, Payload }));
      if (answer.FunctionError)
        throw new Error(`${functionArn} failed; its log says why. Run the command again: it continues.`);
      return EndAccountAnswer.parse(JSON.parse(Buffer.from(answer.Payload ?? []).toString('utf8')));
    },
    close: async () => undefined,
  };
}

async function openOnThisMachine(environment: Environment): Promise<MemberTarget> {
  const dataDir = dataDirFrom(environment);
  const endpoint = environment['AWS_ENDPOINT_URL_DYNAMODB'];
  if (!existsSync(dataDir)) throw new Error(`There is no data folder ${dataDir}. Set DATA_DIR.`);
  const unlock = lockDataDir(dataDir);
  if (!unlock) throw new Error(`On the Dot is running on ${dataDir}. Stop it first.`);
  const database = endpoint
    ? await useDatabaseAt(endpoint)
    : await startDatabase({ path: join(dataDir, DATA_FILES.database) });
  const schedules = openScheduleStore(join(dataDir, DATA_FILES.schedules));
  const documents = DynamoDBDocumentClient.from(clientAt(database.endpoint), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const { keys } = loadSecrets(dataDir, environment['BACKGROUND_FINGERPRINT_SALT']);
  const deps = {
    documents,
    clock,
    // A local table has the name that the catalogue gives it.
    tables: tableNamesFrom(tableVariables((table) => table)),
    // The command prints its own messages, so the log goes nowhere.
    logger: jsonLogger(clock, () => undefined),
    prebookings: new PrebookingStore({ documents, table: 'prebookings', clock }),
    wakeUps: {
      disarm: async (wakeUp: Pick<Prebooking, 'id' | 'generation'>) =>
        schedules.remove(SCHEDULE_GROUP, scheduleName(wakeUp)),
    },
    tombstones: new Tombstones({ documents, table: 'tombstones' }),
    knownOrigins: new KnownOriginStore({ documents, table: 'loginAttempts', clock }),
    secrets: async () => ({ keys: parseKeys(keys, DATA_FILES.keys) }),
    // A deletion publishes no event.
    publish: async () => undefined,
  };
  return {
    name: `the data folder ${dataDir}`,
    endAccount: (end) => endAccount(deps, end),
    async close() {
      schedules.close();
      await database.stop();
      unlock();
    },
  };
}
