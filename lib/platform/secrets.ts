import { createSecretKey, hkdfSync } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE, SECOND } from './clock.ts';
import { type KeyRing, keyIdOf } from './encryption.ts';
import { parseJson } from './json.ts';
import type { Logger } from './logger.ts';

export type Secrets = { readonly fingerprintSalt: string; readonly keys: KeyRing };

/**
 * Gets the encryption keys. @param envelopes the encrypted texts that the caller will decrypt. If one of them needs a key
 * that is not cached, the keys are fetched again.
 */
export type KeySource = (...envelopes: readonly string[]) => Promise<Pick<Secrets, 'keys'>>;
/** Gets the salt: the secret text that background fingerprints are computed with. */
export type SaltSource = () => Promise<Pick<Secrets, 'fingerprintSalt'>>;

/** Gets the secret text that the key pair of Web Push is derived from. */
export type PushSource = () => Promise<{ readonly vapidSecret: string }>;

type CacheDeps = { readonly clock: Clock; readonly logger: Pick<Logger, 'error'> };

/**
 * How long a secret is cached, in milliseconds. A running function uses a rotated key after this time at the latest, unless the
 * secret cannot be fetched.
 */
const CACHE_LIFETIME = 10 * MINUTE;
/** After a fetch has failed, how long the previous secret is used before the next fetch, in milliseconds. */
const RETRY_AFTER = 30 * SECOND;

/** The fewest letters and digits of a key: 43 random ones hold 256 bits (43 × log2 of 62). */
const MIN_KEY_LENGTH = 43;
const KEY_BYTES = 32;

/** Derives a key of 32 bytes from a text, because Secrets Manager generates texts. */
const Key = z.pipe(
  z.string().check(z.minLength(MIN_KEY_LENGTH)),
  z.transform((text: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', text, '', 'on-the-dot encryption key', KEY_BYTES))),
  ),
);
const KeyDocument = z.catchall(z.object({ current: z.string() }), Key);
const PushDocument = z.object({ vapidKey: z.string().check(z.minLength(MIN_KEY_LENGTH)) });
const SaltDocument = z.object({ fingerprintSalt: z.string().check(z.minLength(1)) });

/**
 * Creates a source of the encryption keys, which are fetched at their first use and cached. Secrets are never put into the
 * environment, where every reader of the function's configuration would see them. For an envelope with an unknown key, the
 * secret is fetched again, because the envelope may come from a function with a newer key. If the new secret lacks the key too,
 * the key is looked for again only after the cache has expired: otherwise, a lost key would cause a request at every use.
 */
export function keySource(client: SecretsManagerClient, secretId: string, deps: CacheDeps): KeySource {
  const { get, getNewer } = cacheSecret(deps, async () => parseKeys(await fetchSecret(client, secretId), secretId));
  /** By the id of a missing key: the last fetched key ring that lacks it. */
  const missingFrom = new Map<string, KeyRing>();
  return async (...envelopes) => {
    const cached = get();
    const ring = await cached;
    const unknownIds = envelopes.map(keyIdOf).filter((id) => !ring.keys.has(id) && missingFrom.get(id) !== ring);
    if (unknownIds.length === 0) return { keys: ring };
    const newer = await getNewer(cached);
    for (const id of unknownIds) if (!newer.keys.has(id)) missingFrom.set(id, newer);
    return { keys: newer };
  };
}

/** Creates a source of the fingerprint salt, which is fetched at its first use and cached. */
export const saltSource = (client: SecretsManagerClient, secretId: string, deps: CacheDeps): SaltSource =>
  cacheSecret(deps, async () => ({ fingerprintSalt: parseSalt(await fetchSecret(client, secretId), secretId) })).get;

/** Creates a source of the secret of Web Push, which is fetched at its first use and cached. */
export const pushSource = (client: SecretsManagerClient, secretId: string, deps: CacheDeps): PushSource =>
  cacheSecret(deps, async () => ({
    vapidSecret: parsePushSecret(await fetchSecret(client, secretId), secretId),
  })).get;

/**
 * Parses `{"current": "k1", "k1": "<text>", …}`: every key by its id, and the id of the key to encrypt with. To rotate, a
 * new key is added and named current. The other keys still decrypt what they encrypted.
 *
 * @throws Error that names the secret, but nothing in it.
 */
export function parseKeys(document: string, name: string): KeyRing {
  const { current, ...keys } = decode(KeyDocument, document, name);
  if (!keys[current]) throw new Error(`The secret ${name} names a current key that it does not hold.`);
  return { current, keys: new Map(Object.entries(keys)) };
}

/**
 * Parses `{"fingerprintSalt": "…"}`. A new salt gives every member another background fingerprint at the next login.
 *
 * @throws Error that names the secret, but nothing in it.
 */
export const parseSalt = (document: string, name: string): string =>
  decode(SaltDocument, document, name).fingerprintSalt;

/** Parses `{"vapidKey": "…"}`. @throws Error that names the secret, but nothing in it. */
export const parsePushSecret = (document: string, name: string): string =>
  decode(PushDocument, document, name).vapidKey;

type CachedSecret<T> = {
  /** The fetched value. */
  readonly fetched: Promise<T>;
  /** The fetched value, or the previous one if the fetch has failed. */
  readonly value: Promise<T>;
  /** When the value is fetched again; on the monotonic clock. */
  readonly usedUntil: Instant;
};

/**
 * Caches a secret for `CACHE_LIFETIME`. If a later fetch fails, its error is logged, and the previous value is still used, because
 * it decrypts all that earlier calls have encrypted.
 */
function cacheSecret<T>({ clock, logger }: CacheDeps, fetchValue: () => Promise<T>) {
  let last: CachedSecret<T> | undefined;
  function fetchNow(): CachedSecret<T> {
    const previous = last;
    const fetched = fetchValue();
    const usePrevious = (error: unknown, { value }: CachedSecret<T>) => {
      logger.error('unexpected-error', error, { during: 'fetch-secret' });
      return value;
    };
    const value = previous ? fetched.catch((error: unknown) => usePrevious(error, previous)) : fetched;
    const entry = { fetched, value, usedUntil: clock.monotonic() + CACHE_LIFETIME };
    last = entry;
    fetched.catch(() => {
      if (last === entry) last = previous && { ...entry, usedUntil: clock.monotonic() + RETRY_AFTER };
    });
    return entry;
  }
  return {
    get: () => (last && clock.monotonic() < last.usedUntil ? last : fetchNow()).value,
    /**
     * Fetches the value again, unless another caller has done so since `seen` was returned.
     *
     * @throws if the fetch fails, even if there is a previous value, which is no newer one.
     */
    getNewer: (seen: Promise<T>) => (last && last.value !== seen ? last : fetchNow()).fetched,
  };
}

/** Reads a secret that is a JSON document, without a cache. @throws Error that names the secret, but nothing in it. */
export const readSecret = async <T>(
  client: SecretsManagerClient,
  secretId: string,
  schema: z.ZodMiniType<T>,
): Promise<T> => decode(schema, await fetchSecret(client, secretId), secretId);

async function fetchSecret(client: SecretsManagerClient, secretId: string): Promise<string> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  return SecretString;
}

function decode<T>(schema: z.ZodMiniType<T>, document: string, name: string): T {
  const decoded = schema.safeParse(parseJson(document));
  if (!decoded.success) throw new Error(`The secret ${name} does not have the expected form.`);
  return decoded.data;
}
