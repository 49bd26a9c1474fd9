import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { listenOnLoopback } from './loopback.ts';

const Request = z.object({ SecretId: z.string() });

/** Starts Secrets Manager's GetSecretValue. @param secrets their texts by their ids. */
export async function startSecretsManager(secrets: ReadonlyMap<string, string>) {
  const server = createServer(async (request, response) => {
    const decoded = Request.safeParse(await json(request).catch(() => undefined));
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

/** The documents of the service's two secrets (lib/platform/secrets.ts), as JSON. */
export type SecretDocuments = { readonly keys: string; readonly salt: string };

/** The mode of a file that only its owner may read. */
const PRIVATE = 0o600;

/**
 * Loads the secrets of a local installation, which are created once and kept in the data folder.
 *
 * @param salt overrides the stored one.
 */
export function loadSecrets(dataDir: string, salt: string | undefined): SecretDocuments {
  const random = () => randomBytes(32).toString('base64url');
  const keys = loadOrCreate(join(dataDir, 'keys.json'), () => ({ current: 'k1', k1: random() }));
  const stored = loadOrCreate(join(dataDir, 'salt.json'), () => ({ fingerprintSalt: random() }));
  return { keys, salt: salt ? JSON.stringify({ fingerprintSalt: salt }) : stored };
}

function loadOrCreate(file: string, create: () => object): string {
  if (!existsSync(file)) {
    // The rename leaves no half-written file: a key that is lost cannot be created again.
    writeFileSync(`${file}.fresh`, JSON.stringify(create()), { mode: PRIVATE });
    renameSync(`${file}.fresh`, file);
  }
  chmodSync(file, PRIVATE);
  return readFileSync(file, 'utf8');
}
