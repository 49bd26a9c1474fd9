import * as z from 'zod/mini';
import type { AimHarderSession } from '../aimharder/client.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import { seal, unseal } from '../platform/encryption.ts';
import type { KeySource } from '../platform/secrets.ts';
import { OptionalInstant, OptionalText, StoredInstant } from '../platform/stored-fields.ts';
import type { Session, SessionKey } from './session.ts';

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

/** @throws ZodError when the table holds something that is not a session. */
export function decodeSession(item: unknown): Session {
  const { token, cookies, ...session } = SessionItem.parse(item);
  const sealed = { sealedToken: token, sealedCookies: cookies };
  if (session.sessionType === 'background') return { ...session, ...sealed };
  return { ...session, ...sealed, expiresAt: session.expiresAt * 1_000 };
}

const Cookies = z.array(z.object({ name: z.string(), value: z.string() }));

/** Encrypts and decrypts the token and cookies of a session; an envelope opens under its own key only. */
export function sealing(secrets: KeySource) {
  async function sealed(key: SessionKey, token: string, cookies: readonly Cookie[]) {
    const { keys } = await secrets();
    return {
      token: seal(keys, token, [key.email, key.fingerprint, 'token']),
      cookies: seal(keys, JSON.stringify(cookies), [key.email, key.fingerprint, 'cookies']),
    };
  }

  /** Decrypts what AimHarder needs to know the session by. */
  async function open(session: Session): Promise<AimHarderSession> {
    const { email, fingerprint, loginFingerprint, sealedToken, sealedCookies } = session;
    const { keys } = await secrets(sealedToken, sealedCookies);
    const cookies = Cookies.parse(JSON.parse(unseal(keys, sealedCookies, [email, fingerprint, 'cookies'])));
    const token = unseal(keys, sealedToken, [email, fingerprint, 'token']);
    return { fingerprint: loginFingerprint ?? fingerprint, token, cookies };
  }

  return { sealed, open };
}
