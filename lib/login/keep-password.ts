import type { SaltSource } from '../platform/secrets.ts';
import { generateBackgroundFingerprint } from '../sessions/fingerprint.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { SessionTokens } from '../sessions/session-tokens.ts';
import type { KeptPasswords } from './kept-passwords.ts';

export type KeepPasswordDeps = {
  readonly keptPasswords: Pick<KeptPasswords, 'keep'>;
  readonly sessions: SessionStore;
  readonly tokens: SessionTokens;
  readonly secrets: SaltSource;
};

type Made = { readonly session: Pick<Session, 'boxes'>; readonly backgroundSession: Session | null };

/** Keeps a member's password. A background session that their login could not make is left to the wheel, which makes it with that. */
export async function keepPassword(
  { keptPasswords, sessions, tokens, secrets }: KeepPasswordDeps,
  { email, password }: { readonly email: string; readonly password: string },
  { session, backgroundSession }: Made,
): Promise<void> {
  await keptPasswords.keep(email, password);
  if (backgroundSession) return;
  const { fingerprintSalt } = await secrets();
  const existing = await sessions.getBackgroundSession(email);
  const fingerprint = existing?.fingerprint ?? generateBackgroundFingerprint(email, fingerprintSalt);
  await tokens.scheduleRelogin({ email, fingerprint }, session.boxes);
}
