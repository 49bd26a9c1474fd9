import { createSecretKey, hkdfSync } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE } from './clock.ts';
import { type KeyRing, keyIdOf } from './encryption.ts';
import { parseJson } from './json.ts';

export type Secrets = { readonly fingerprintSalt: string; readonly keys: KeyRing };

/** Gets the encryption keys. @param envelopes to be decrypted: their keys are fetched if they are not known yet. */
export type KeySource = (...envelopes: readonly string[]) => Promise<Pick<Secrets, 'keys'>>;
/** Gets the salt of the background fingerprints. */
export type SaltSource = () => Promise<Pick<Secrets, 'fingerprintSalt'>>;

/** How long a secret is cached, in milliseconds. After it, running functions learn of a rotated key without a deployment. */
const CACHED_FOR = 10 * MINUTE;

/** Fewest letters and digits of a key: random ones hold at least 256 bits. */
const MIN_KEY_LENGTH = 43;
const KEY_BYTES = 32;

/** Derives a key from text, because Secrets Manager generates text. */
const Key = z.pipe(
  z.string().check(z.minLength(MIN_KEY_LENGTH)),
  z.transform((text: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', text, '', 'on-the-dot encryption key', KEY_BYTES))),
  ),
);
const KeyDocument = z.catchall(z.object({ current: z.string() }), Key);
const SaltDocument = z.object({ fingerprintSalt: z.string().check(z.minLength(1)) });

/**
 * Creates a source of the encryption keys, which are fetched at their first use and cached. Secrets are never put into the
 * environment, where every reader of the function's configuration would see them. An envelope may come from a function
 * that knows a newer key, so an unknown key is fetched at once. That happens once per cached answer: a lost key would
 * otherwise be fetched again and again.
 */
export function keysFrom(client: SecretsManagerClient, secretId: string, clock: Clock): KeySource {
  const { get, newerThan } = cached(clock, async () => keysIn(await fetchSecret(client, secretId), secretId));
  const sought = new Map<string, KeyRing>();
  return async (...envelopes) => {
    const asked = get();
    const ring = await asked;
    const unknown = envelopes.map(keyIdOf).filter((id) => !ring.keys.has(id) && sought.get(id) !== ring);
    if (unknown.length === 0) return { keys: ring };
    const newer = await newerThan(asked);
    for (const id of unknown) if (!newer.keys.has(id)) sought.set(id, newer);
    return { keys: newer };
  };
}

/** Creates a source of the fingerprint salt, which is fetched and cached in the same way. */
export const saltFrom = (client: SecretsManagerClient, secretId: string, clock: Clock): SaltSource =>
  cached(clock, async () => ({ fingerprintSalt: saltIn(await fetchSecret(client, secretId), secretId) })).get;

/**
 * Reads `{"current": "k1", "k1": "<text>", …}`: every key by its id, and the one to write with. A new key is
 * added and named current; the others still decrypt what they encrypted.
 *
 * @throws Error that names the secret, but nothing in it.
 */
export function keysIn(document: string, name: string): KeyRing {
  const { current, ...keys } = decode(KeyDocument, document, name);
  if (!keys[current]) throw new Error(`The secret ${name} names a current key it does not hold.`);
  return { current, keys: new Map(Object.entries(keys)) };
}

/**
 * Reads `{"fingerprintSalt": "…"}`. A new salt gives every member another background fingerprint at the next login.
 *
 * @throws Error that names the secret, but nothing in it.
 */
export const saltIn = (document: string, name: string): string => decode(SaltDocument, document, name).fingerprintSalt;

function cached<T>(clock: Clock, fetch: () => Promise<T>) {
  let last: { readonly at: Instant; readonly value: Promise<T> } | undefined;
  function fetchNow(): Promise<T> {
    const [before, entry] = [last, { at: clock.monotonic(), value: fetch() }];
    last = entry;
    entry.value.catch(() => {
      if (last === entry) last = before;
    });
    return entry.value;
  }
  const get = () => (last && clock.monotonic() - last.at < CACHED_FOR ? last.value : fetchNow());
  return {
    get,
    /** Fetches anew, unless another caller has done so since `seen`. */
    newerThan: (seen: Promise<T>) => (last?.value === seen ? fetchNow() : get()),
  };
}

async function fetchSecret(client: SecretsManagerClient, secretId: string): Promise<string> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  return SecretString;
}

function decode<T>(schema: z.ZodMiniType<T>, document: string, name: string): T {
  const decoded = schema.safeParse(parseJson(document));
  if (!decoded.success) throw new Error(`The secret ${name} does not have the expected form.`);
  return decoded.data;
}
