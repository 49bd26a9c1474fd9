import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { portOf } from './database.ts';

const Request = z.object({ SecretId: z.string() });

/** Secrets Manager's GetSecretValue, for one secret. */
export async function startSecrets({ id, value }: { readonly id: string; readonly value: string }) {
  const server = createServer(async (request, response) => {
    const asked = Request.safeParse(await json(request).catch(() => undefined));
    const known =
      request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' &&
      asked.success &&
      asked.data.SecretId === id;
    response.writeHead(known ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(
        known
          ? { Name: id, SecretString: value }
          : { __type: 'ResourceNotFoundException', message: 'There is no such secret.' },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const Stored = z.object({ fingerprintSalt: z.string(), encryptionKeys: z.unknown() });

/** Readable by its owner alone. */
const PRIVATE = 0o600;

/**
 * The secret of a local installation: made once, kept in the data folder.
 *
 * @param salt overrides the stored one.
 */
export function localSecret(dataDir: string, salt: string | undefined): string {
  const file = join(dataDir, 'secret.json');
  if (!existsSync(file)) {
    // Whole or not at all: what half a file loses cannot be made again.
    writeFileSync(`${file}.fresh`, JSON.stringify(newSecret()), { mode: PRIVATE });
    renameSync(`${file}.fresh`, file);
  }
  chmodSync(file, PRIVATE);
  const stored = Stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  return JSON.stringify({ ...stored, ...(salt && { fingerprintSalt: salt }) });
}

const newSecret = () => ({
  fingerprintSalt: randomBytes(32).toString('hex'),
  encryptionKeys: { current: 'k1', keys: { k1: randomBytes(32).toString('base64') } },
});
