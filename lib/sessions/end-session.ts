import type { Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { isDeviceFingerprint } from './fingerprint.ts';
import { type DeviceSession, isFreshLogin } from './session.ts';
import type { SessionStore } from './session-store.ts';

export type EndSessionDeps = {
  readonly sessions: Pick<SessionStore, 'find' | 'deleteSession'>;
  readonly forgetPassword: (email: string) => Promise<void>;
};

/**
 * Deletes one of the caller's sessions. To delete the background session needs a confirmation and a fresh login, because without
 * that session the member's pre-bookings cannot be fired. The kept password is deleted with the background session.
 *
 * @throws AppError session-not-found; login-required for a confirmed deletion if the login is too old. `deleteSession` throws
 *   session-protected for a background session without confirmation.
 */
export async function endSession(
  deps: EndSessionDeps,
  caller: DeviceSession,
  fingerprint: string,
  confirmProtectedDeletion: boolean,
  now: Instant,
): Promise<void> {
  if (isDeviceFingerprint(fingerprint)) {
    // The deletion does not decode the session, so it also deletes one that cannot be decoded.
    if ((await deps.sessions.deleteSession(caller.email, { fingerprint })) === 0) throw sessionNotFound();
    return;
  }
  const session = await deps.sessions.find({ email: caller.email, fingerprint });
  if (!session) throw sessionNotFound();
  const deletesBackgroundSession = session.protected && confirmProtectedDeletion;
  if (deletesBackgroundSession && !isFreshLogin(caller, now)) {
    throw new AppError(
      'login-required',
      'Log in again first: deleting the background session needs a login within the last 10 minutes.',
    );
  }
  // The password goes first. If the session went first and the password could then not be forgotten, a repeated request would
  // only get session-not-found, and the password would stay.
  if (deletesBackgroundSession) await deps.forgetPassword(caller.email);
  await deps.sessions.deleteSession(caller.email, { fingerprint, confirmProtectedDeletion });
}

const sessionNotFound = () => new AppError('session-not-found', 'You have no such session.');
