import { hkdfSync } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE } from './clock.ts';
import type { KeyRing } from './encryption.ts';

export type Secrets = { readonly fingerprintSalt: string; readonly keys: KeyRing };

/** The encryption keys, for whoever reads or writes tokens. */
export type KeySource = () => Promise<Pick<Secrets, 'keys'>>;
/** The salt of the background fingerprints, for whoever logs a member in. */
export type SaltSource = () => Promise<Pick<Secrets, 'fingerprintSalt'>>;

/** Asks again after this long, so that a rotated key reaches running functions without a deployment. */
const KEPT_FOR = 10 * MINUTE;

/** Letters and digits that hold at least 256 bits, when they are random. */
const FEWEST_CHARACTERS = 43;
const KEY_BYTES = 32;

/** Stretched from text, because text is what Secrets Manager generates. */
const Key = z.pipe(
  z.string().check(z.minLength(FEWEST_CHARACTERS)),
  z.transform((text: string) => Buffer.from(hkdfSync('sha256', text, '', 'on-the-dot encryption key', KEY_BYTES))),
);
const KeyDocument = z.catchall(z.object({ current: z.string() }), Key);
const SaltDocument = z.object({ fingerprintSalt: z.string().check(z.minLength(1)) });

/**
 * The encryption keys, fetched on first use and cached. Secrets are never put into the environment, where every reader of
 * the function's configuration would see them.
 */
export const keysFrom = (client: SecretsManagerClient, secretId: string, clock: Clock): KeySource =>
  cached(clock, async () => ({ keys: keysIn(await fetchSecret(client, secretId), secretId) }));

/** The fingerprint salt, in the same way. */
export const saltFrom = (client: SecretsManagerClient, secretId: string, clock: Clock): SaltSource =>
  cached(clock, async () => ({ fingerprintSalt: saltIn(await fetchSecret(client, secretId), secretId) }));

/**
 * Reads `{"current": "k1", "k1": "<text>", …}`: every key by its id, and the one to write with. Rotating is adding a key
 * and naming it current; the others go on opening what they sealed.
 *
 * @throws Error that names the secret and nothing in it.
 */
export function keysIn(document: string, name: string): KeyRing {
  const { current, ...keys } = decode(KeyDocument, document, name);
  if (!keys[current]) throw new Error(`The secret ${name} names a current key it does not hold.`);
  return { current, keys: new Map(Object.entries(keys)) };
}

/**
 * Reads `{"fingerprintSalt": "…"}`. A changed salt gives every member a new background fingerprint at their next login.
 *
 * @throws Error that names the secret and nothing in it.
 */
export const saltIn = (document: string, name: string): string => decode(SaltDocument, document, name).fingerprintSalt;

function cached<T>(clock: Clock, fetch: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: Instant; readonly value: Promise<T> } | undefined;
  return () => {
    if (last && clock.monotonic() - last.at < KEPT_FOR) return last.value;
    const entry = { at: clock.monotonic(), value: fetch() };
    last = entry;
    entry.value.catch(() => {
      if (last === entry) last = undefined;
    });
    return entry.value;
  };
}

async function fetchSecret(client: SecretsManagerClient, secretId: string): Promise<string> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  return SecretString;
}

function decode<T>(schema: z.ZodMiniType<T>, document: string, name: string): T {
  const decoded = schema.safeParse(parseJson(document));
  if (!decoded.success) throw new Error(`The secret ${name} has not the expected form.`);
  return decoded.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
