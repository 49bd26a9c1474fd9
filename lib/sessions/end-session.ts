import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { type DeviceSession, isFreshLogin } from './session.ts';
import type { SessionStore } from './session-store.ts';

export type EndSessionDeps = {
  readonly sessions: Pick<SessionStore, 'find' | 'deleteSession'>;
  readonly forgetPassword: (email: string) => Promise<void>;
};

/**
 * Ends one of the caller's sessions. Ending the background session needs a confirmation and a fresh login, because without that
 * session the member's pre-bookings cannot be fired.
 *
 * @throws AppError session-not-found, session-protected without confirmation, login-required if the login is too old.
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
  const isConfirmed = session.protected && confirmProtectedDeletion;
  if (isConfirmed && !isFreshLogin(caller, now)) {
    throw new AppError(
      'login-required',
      'Log in again first: deleting the background session needs a login within the last 10 minutes.',
    );
  }
  // The password goes first, because the timing wheel would log in again with it. If the deletion fails, the client can repeat
  // both.
  if (isConfirmed) await deps.forgetPassword(caller.email);
  await deps.sessions.deleteSession(caller.email, { fingerprint, confirmProtectedDeletion });
}
