import { createSecretKey, hkdfSync } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE } from './clock.ts';
import { type KeyRing, keyIdOf } from './encryption.ts';
import { parseJson } from './json.ts';

export type Secrets = { readonly fingerprintSalt: string; readonly keys: KeyRing };

/** The encryption keys, for whoever reads or writes tokens; those of the envelopes among them, if there are any such. */
export type KeySource = (...envelopes: readonly string[]) => Promise<Pick<Secrets, 'keys'>>;
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
  z.transform((text: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', text, '', 'on-the-dot encryption key', KEY_BYTES))),
  ),
);
const KeyDocument = z.catchall(z.object({ current: z.string() }), Key);
const SaltDocument = z.object({ fingerprintSalt: z.string().check(z.minLength(1)) });

/**
 * The encryption keys, fetched on first use and cached. Secrets are never put into the environment, where every reader of
 * the function's configuration would see them. An envelope may come from a function that knows a newer key: an unknown key
 * is asked for at once, but only once as long as the answer is kept, because one that is lost would be asked for again and again.
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

/** The fingerprint salt, in the same way. */
export const saltFrom = (client: SecretsManagerClient, secretId: string, clock: Clock): SaltSource =>
  cached(clock, async () => ({ fingerprintSalt: saltIn(await fetchSecret(client, secretId), secretId) })).get;

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
  const get = () => (last && clock.monotonic() - last.at < KEPT_FOR ? last.value : fetchNow());
  return {
    get,
    /** What is fetched anew, unless another caller has done so since `seen`. */
    newerThan: (seen: Promise<T>) => (last?.value === seen ? fetchNow() : get()),
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
