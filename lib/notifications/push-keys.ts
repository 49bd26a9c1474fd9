import * as z from 'zod/mini';
import { decrypt, encrypt } from '../platform/encryption.ts';
import { parseJson } from '../platform/json.ts';
import type { KeySource } from '../platform/secrets.ts';
import type { BrowserKeys } from './push-encryption.ts';
import { type PushSubscription, subscriptionId } from './push-subscriptions.ts';

/** The keys of a browser as the Push API names them: its public key and a secret. Both are base64url. */
const Keys = z.object({ p256dh: z.string(), auth: z.string() });
export type KeyTexts = z.output<typeof Keys>;

type Owner = Pick<PushSubscription, 'email' | 'endpoint'>;

/** Builds the encryption context. It ties the keys to one member and one browser: with another context, decryption fails. */
const contextOf = ({ email, endpoint }: Owner): readonly string[] => [email, 'push-keys', subscriptionId(endpoint)];

export async function encryptKeys(secrets: KeySource, owner: Owner, { p256dh, auth }: KeyTexts): Promise<string> {
  const { keys } = await secrets();
  return encrypt(keys, JSON.stringify({ p256dh, auth }), contextOf(owner));
}

export async function decryptKeys(
  secrets: KeySource,
  { encryptedKeys, ...owner }: Owner & Pick<PushSubscription, 'encryptedKeys'>,
): Promise<BrowserKeys> {
  const { keys } = await secrets(encryptedKeys);
  const { p256dh, auth } = Keys.parse(parseJson(decrypt(keys, encryptedKeys, contextOf(owner))));
  return { p256dh: Buffer.from(p256dh, 'base64url'), auth: Buffer.from(auth, 'base64url') };
}
