import type { SaltSource } from '../platform/secrets.ts';
import { generateBackgroundFingerprint } from '../sessions/fingerprint.ts';
import type { LoginWrites } from '../sessions/login-writes.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { KeptPasswords } from './kept-passwords.ts';

export type KeepPasswordDeps = {
  readonly keptPasswords: Pick<KeptPasswords, 'keep'>;
  readonly sessions: Pick<SessionStore, 'getBackgroundSession'>;
  readonly logins: Pick<LoginWrites, 'scheduleRelogin'>;
  readonly secrets: SaltSource;
};

/** The sessions that the member's login has made. */
type LoginResult = { readonly session: Pick<Session, 'boxes'>; readonly backgroundSession: Session | null };

/**
 * Keeps a member's password. If the login has made no background session, schedules a relogin, by which the timing wheel makes
 * the session with that password.
 */
export async function keepPassword(
  { keptPasswords, sessions, logins, secrets }: KeepPasswordDeps,
  { email, password }: { readonly email: string; readonly password: string },
  { session, backgroundSession }: LoginResult,
): Promise<void> {
  await keptPasswords.keep(email, password);
  if (backgroundSession) return;
  const { fingerprintSalt } = await secrets();
  const existing = await sessions.getBackgroundSession(email);
  const fingerprint = existing?.fingerprint ?? generateBackgroundFingerprint(email, fingerprintSalt);
  await logins.scheduleRelogin({ email, fingerprint }, session.boxes);
}
