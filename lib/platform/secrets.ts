import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE } from './clock.ts';
import type { KeyRing } from './encryption.ts';

export type Secrets = { readonly fingerprintSalt: string; readonly keys: KeyRing };

/** Asks again after this long, so that a rotated key reaches running functions without a deployment. */
const KEPT_FOR = 10 * MINUTE;

const Key = z
  .pipe(
    z.string(),
    z.transform((base64: string) => Buffer.from(base64, 'base64')),
  )
  .check(z.refine((key: Buffer) => key.length === 32, 'a key is 32 bytes'));

const SecretDocument = z.object({
  fingerprintSalt: z.string().check(z.minLength(1)),
  encryptionKeys: z.object({ current: z.string(), keys: z.record(z.string(), Key) }),
});

/**
 * The service's secrets, fetched on first use and cached. They are never put into the environment, where every
 * reader of the function's configuration would see them.
 */
export function secretsFrom(client: SecretsManagerClient, secretId: string, clock: Clock): () => Promise<Secrets> {
  let cached: { readonly at: Instant; readonly secrets: Promise<Secrets> } | undefined;
  return () => {
    if (cached && clock.monotonic() - cached.at < KEPT_FOR) return cached.secrets;
    const secrets = fetchSecrets(client, secretId);
    const entry = { at: clock.monotonic(), secrets };
    cached = entry;
    secrets.catch(() => {
      if (cached === entry) cached = undefined;
    });
    return secrets;
  };
}

async function fetchSecrets(client: SecretsManagerClient, secretId: string): Promise<Secrets> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  return secretsIn(SecretString ?? '', secretId);
}

/**
 * Reads the secret document.
 *
 * @throws Error that names the secret and nothing in it.
 */
export function secretsIn(document: string, name: string): Secrets {
  const decoded = SecretDocument.safeParse(parseJson(document));
  if (!decoded.success) throw new Error(`The secret ${name} has not the expected form.`);
  const { fingerprintSalt, encryptionKeys } = decoded.data;
  const keys = new Map(Object.entries(encryptionKeys.keys));
  if (!keys.has(encryptionKeys.current)) throw new Error(`The secret ${name} names a current key it does not hold.`);
  return { fingerprintSalt, keys: { current: encryptionKeys.current, keys } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
