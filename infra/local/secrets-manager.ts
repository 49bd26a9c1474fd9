import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { DATA_FILES } from './data-files.ts';
import { listenOnLoopback } from './loopback.ts';

const GetSecretValue = z.object({ SecretId: z.string() });

/** Starts Secrets Manager's GetSecretValue. @param secrets the texts of the secrets, by id. */
export async function startSecretsManager(secrets: ReadonlyMap<string, string>) {
  const server = createServer(async (request, response) => {
    const decoded = GetSecretValue.safeParse(await json(request).catch(() => undefined));
    const value =
      request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' && decoded.success
        ? secrets.get(decoded.data.SecretId)
        : undefined;
    response.writeHead(value === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(
        value === undefined
          ? { __type: 'ResourceNotFoundException', message: 'No such secret.' }
          : { SecretString: value },
      ),
    );
  });
  const { url, stop } = await listenOnLoopback(server);
  return { endpoint: url, stop };
}

/** The service's three secrets, as JSON texts (lib/platform/secrets.ts). */
export type SecretDocuments = { readonly keys: string; readonly salt: string; readonly push: string };

/** The mode of a file that only its owner may read and write. */
const OWNER_ONLY = 0o600;

/**
 * Loads the secrets of a local installation from the data folder. The first call creates them.
 *
 * @param salt the salt to use instead of the stored one; undefined or empty to use the stored one.
 */
export function loadSecrets(dataDir: string, salt: string | undefined): SecretDocuments {
  // 32 bytes give 43 characters, the fewest that lib/platform/secrets.ts accepts.
  const randomText = () => randomBytes(32).toString('base64url');
  const keys = loadOrCreate(join(dataDir, DATA_FILES.keys), () => ({ current: 'k1', k1: randomText() }));
  const storedSalt = loadOrCreate(join(dataDir, DATA_FILES.salt), () => ({ fingerprintSalt: randomText() }));
  const push = loadOrCreate(join(dataDir, DATA_FILES.push), () => ({ vapidKey: randomText() }));
  return { push, keys, salt: salt ? JSON.stringify({ fingerprintSalt: salt }) : storedSalt };
}

function loadOrCreate(file: string, create: () => object): string {
  if (!existsSync(file)) {
    // The file is written under another name and then renamed, so that a crash leaves no half-written file, which no later start
    // could read.
    writeFileSync(`${file}.fresh`, JSON.stringify(create()), { mode: OWNER_ONLY, flush: true });
    renameSync(`${file}.fresh`, file);
  }
  chmodSync(file, OWNER_ONLY);
  return readFileSync(file, 'utf8');
}
