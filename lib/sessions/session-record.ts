import * as z from 'zod/mini';
import type { AimHarderSession } from '../aimharder/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Documents } from '../platform/dynamodb.ts';
import { decrypt, encrypt } from '../platform/encryption.ts';
import type { KeySource } from '../platform/secrets.ts';
import { OptionalInstant, OptionalText, StoredInstant } from '../platform/stored-fields.ts';
import type { Session, SessionKey } from './session.ts';

/** The sessions' table (PK `email`, SK `fingerprint`), which several stores read and write. */
export type SessionTable = { readonly documents: Documents; readonly table: string; readonly clock: Clock };

const common = {
  email: z.string(),
  fingerprint: z.string(),
  protected: z.boolean(),
  state: z.enum(['active', 'login-required', 'ended']),
  token: z.string(),
  cookies: z.string(),
  loginFingerprint: OptionalText,
  tokenVersion: z.string(),
  createdAt: StoredInstant,
  updatedAt: StoredInstant,
  lastTokenUpdateAt: StoredInstant,
  tokenUpdateCount: z.number(),
  lastTokenUpdateError: OptionalText,
  refreshingUntil: OptionalInstant,
  boxes: z.array(z.object({ box: z.string(), boxId: z.string(), name: z.string() })),
};

const SessionItem = z.discriminatedUnion('sessionType', [
  z.object({
    ...common,
    sessionType: z.literal('device'),
    accessTokenHash: OptionalText,
    deviceName: OptionalText,
    expiresAt: z.number(),
  }),
  z.object({
    ...common,
    sessionType: z.literal('background'),
    holdUntil: OptionalInstant,
    untold: z._default(z.boolean(), false),
    loggedInAt: OptionalInstant,
  }),
]);

/** Decodes an item of the sessions' table. @throws ZodError if the item is not a session. */
export function decodeSession(item: unknown): Session {
  const { token, cookies, ...session } = SessionItem.parse(item);
  const encrypted = { encryptedToken: token, encryptedCookies: cookies };
  // The item has seconds, because `expiresAt` is also its time to live.
  if (session.sessionType === 'device') return { ...session, ...encrypted, expiresAt: session.expiresAt * 1_000 };
  const { untold: notificationPending, ...background } = session;
  return { ...background, ...encrypted, notificationPending };
}

const KeyAndType = z.object({ email: z.string(), fingerprint: z.string(), sessionType: z.string() });

/** Reads the key and the type of a stored session, also if its other attributes cannot be decoded. @returns undefined without them. */
export const readKeyAndType = (item: unknown) => KeyAndType.safeParse(item).data;

const Cookies = z.array(z.object({ name: z.string(), value: z.string() }));

/** Encrypts the token and cookies of a session. The envelopes can be decrypted only for a session with the same key. */
export async function encryptTokens(
  secrets: KeySource,
  { email, fingerprint }: SessionKey,
  { token, cookies }: Pick<AimHarderSession, 'token' | 'cookies'>,
): Promise<{ readonly token: string; readonly cookies: string }> {
  const { keys } = await secrets();
  return {
    token: encrypt(keys, token, [email, fingerprint, 'token']),
    cookies: encrypt(keys, JSON.stringify(cookies), [email, fingerprint, 'cookies']),
  };
}

/** Decrypts the credentials of a session. AimHarder knows an imported session by another fingerprint (`loginFingerprint`). */
export async function decryptSession(secrets: KeySource, session: Session): Promise<AimHarderSession> {
  const { email, fingerprint, loginFingerprint, encryptedToken, encryptedCookies } = session;
  const { keys } = await secrets(encryptedToken, encryptedCookies);
  const cookies = Cookies.parse(JSON.parse(decrypt(keys, encryptedCookies, [email, fingerprint, 'cookies'])));
  const token = decrypt(keys, encryptedToken, [email, fingerprint, 'token']);
  return { fingerprint: loginFingerprint ?? fingerprint, token, cookies };
}
