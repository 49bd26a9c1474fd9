import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { boundPort } from './dynamodb.ts';

const Request = z.object({ SecretId: z.string() });

/** Secrets Manager's GetSecretValue, for secrets by their ids. */
export async function startSecretsManager(secrets: ReadonlyMap<string, string>) {
  const server = createServer(async (request, response) => {
    const asked = Request.safeParse(await json(request).catch(() => undefined));
    const value =
      request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' && asked.success
        ? secrets.get(asked.data.SecretId)
        : undefined;
    response.writeHead(value === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(
        value === undefined
          ? { __type: 'ResourceNotFoundException', message: 'There is no such secret.' }
          : { SecretString: value },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${boundPort(server)}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The documents of the service's two secrets (lib/platform/secrets.ts), as JSON. */
export type SecretDocuments = { readonly keys: string; readonly salt: string };

/** Readable by its owner alone. */
const PRIVATE = 0o600;

/**
 * The secrets of a local installation: made once, kept in the data folder.
 *
 * @param salt overrides the stored one.
 */
export function loadSecrets(dataDir: string, salt: string | undefined): SecretDocuments {
  const random = () => randomBytes(32).toString('base64url');
  const keys = loadOrCreate(join(dataDir, 'keys.json'), () => ({ current: 'k1', k1: random() }));
  const stored = loadOrCreate(join(dataDir, 'salt.json'), () => ({ fingerprintSalt: random() }));
  return { keys, salt: salt ? JSON.stringify({ fingerprintSalt: salt }) : stored };
}

function loadOrCreate(file: string, make: () => object): string {
  if (!existsSync(file)) {
    // Whole or not at all: what half a file loses cannot be made again.
    writeFileSync(`${file}.fresh`, JSON.stringify(make()), { mode: PRIVATE });
    renameSync(`${file}.fresh`, file);
  }
  chmodSync(file, PRIVATE);
  return readFileSync(file, 'utf8');
}
