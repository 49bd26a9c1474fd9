import type { SaltSource } from '../platform/secrets.ts';
import { generateBackgroundFingerprint } from '../sessions/fingerprint.ts';
import type { LoginWrites } from '../sessions/login-writes.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { KeptPasswords } from './kept-passwords.ts';

export type KeepPasswordDeps = {
  readonly keptPasswords: Pick<KeptPasswords, 'keep'>;
  readonly sessions: SessionStore;
  readonly logins: Pick<LoginWrites, 'scheduleRelogin'>;
  readonly secrets: SaltSource;
};

type Made = { readonly session: Pick<Session, 'boxes'>; readonly backgroundSession: Session | null };

/** Keeps a member's password. A background session that their login could not make is left to the wheel, which makes it with that. */
export async function keepPassword(
  { keptPasswords, sessions, logins, secrets }: KeepPasswordDeps,
  { email, password }: { readonly email: string; readonly password: string },
  { session, backgroundSession }: Made,
): Promise<void> {
  await keptPasswords.keep(email, password);
  if (backgroundSession) return;
  const { fingerprintSalt } = await secrets();
  const existing = await sessions.getBackgroundSession(email);
  const fingerprint = existing?.fingerprint ?? generateBackgroundFingerprint(email, fingerprintSalt);
  await logins.scheduleRelogin({ email, fingerprint }, session.boxes);
}
