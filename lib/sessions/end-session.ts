import { type Instant, MINUTE } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { DeviceSession } from './session.ts';
import type { SessionStore } from './session-store.ts';

/** Whoever ends the background session must have given the password this recently: a stolen token alone does not do. */
const FRESH_LOGIN = 10 * MINUTE;

export type EndSessionDeps = {
  readonly sessions: SessionStore;
  readonly forgetCredentials: (email: string) => Promise<void>;
};

/**
 * Ends one of the caller's sessions. Pending pre-bookings of a member without background session are at risk.
 *
 * @throws AppError session-not-found, session-protected without confirmation, login-required when the login is too old.
 */
export async function endSession(
  deps: EndSessionDeps,
  caller: DeviceSession,
  fingerprint: string,
  confirmProtectedDeletion: boolean,
  now: Instant,
): Promise<void> {
  const session = await deps.sessions.find({ email: caller.email, fingerprint });
  if (!session) throw new AppError('session-not-found', 'You have no such session.');
  if (session.protected && confirmProtectedDeletion && now - caller.createdAt > FRESH_LOGIN) {
    throw new AppError(
      'login-required',
      'Log in again first: deleting the background session needs a login within the last 10 minutes.',
    );
  }
  // First: a kept password would bring the session back, and once that is gone nobody comes here again to forget it.
  if (session.protected && confirmProtectedDeletion) await deps.forgetCredentials(caller.email);
  await deps.sessions.deleteSession(caller.email, { fingerprint, confirmProtectedDeletion });
}
