import { type AimHarder, type AimHarderSession, type Box, UpstreamFailure } from '../aimharder/client.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { Clock, Instant } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { withOptimisticLock } from '../platform/optimistic-lock.ts';
import type { SaltSource } from '../platform/secrets.ts';
import { issueAccessToken } from '../sessions/access-token.ts';
import { generateBackgroundFingerprint } from '../sessions/fingerprint.ts';
import type { LoginWrites } from '../sessions/login-writes.ts';
import { type BackgroundSession, isBackground, isReserved, type Session } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { LoginAttempt, LoginThrottle } from './login-throttle.ts';
import { setRefresh } from './set-refresh.ts';

export type Login = LoginAttempt & {
  readonly password: string;
  /** The device's fingerprint. */
  readonly fingerprint: string;
  /** The name that the member has given the device; null if none. */
  readonly deviceName: string | null;
};

type LoginWarning = {
  readonly code: 'background-login-failed' | 'background-login-left-out';
  readonly message: string;
};

export type LoggedIn = {
  readonly accessToken: string;
  /** The device session. */
  readonly session: Session;
  /** Null if the background login failed. */
  readonly backgroundSession: Session | null;
  readonly warnings: readonly LoginWarning[];
};

export type DualLoginDeps = {
  readonly aimHarder: Pick<AimHarder, 'login' | 'setRefresh'>;
  readonly sessions: Pick<SessionStore, 'getBackgroundSession' | 'getAllUserSessions'>;
  readonly logins: Pick<LoginWrites, 'storeSession'>;
  readonly state: Pick<SessionState, 'markReplaced'>;
  readonly throttle: Pick<LoginThrottle, 'count'>;
  readonly boxes: Pick<BoxStore, 'saveBoxes'>;
  readonly secrets: SaltSource;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** A login that AimHarder has accepted. */
type AcceptedLogin = {
  readonly session: AimHarderSession;
  readonly boxes: readonly Box[];
  readonly loggedInAt: Instant;
};

/**
 * Logs the member in twice: for the device, and for the service's own background session. If the device login fails, no session
 * is stored, but the throttle has counted the attempt. If only the background login fails, the login succeeds with a warning. The
 * background session is stored first, so it stays if the device session cannot be stored. Does not keep the password.
 *
 * @param onAccepted is called after AimHarder has accepted the password for the device. If it throws, no session is stored.
 * @throws AppError session-changed if a later login of the same device was stored first; invalid-credentials,
 *   too-many-attempts, too-many-requests, upstream-rejected, upstream-unreachable, upstream-timeout; unavailable if the member's
 *   other background sessions were changed each time before this login could end them.
 */
export async function dualLogin(
  deps: DualLoginDeps,
  login: Login,
  onAccepted: () => Promise<void>,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const device = await logInDevice(deps, login, signal);
  await onAccepted();
  const background = await logInBackground(deps, login, signal);
  const [deviceSession, backgroundLogin] = await Promise.all([
    setRefresh(deps, device.session, signal),
    background.accepted && refreshLogin(deps, background.accepted, signal),
  ]);
  const { accessToken, hash } = issueAccessToken(login);
  const backgroundSession = backgroundLogin
    ? await storeBackground(deps, login.email, backgroundLogin, signal)
    : background.existing;
  const session = await deps.logins.storeSession({
    email: login.email,
    ...deviceSession,
    boxes: device.boxes,
    loggedInAt: device.loggedInAt,
    device: { accessTokenHash: hash, name: login.deviceName },
  });
  await deps.boxes.saveBoxes(device.boxes);
  return { accessToken, session, backgroundSession, warnings: background.warnings };
}

async function logInDevice(deps: DualLoginDeps, login: Login, signal: AbortSignal): Promise<AcceptedLogin> {
  const countedAttempt = await deps.throttle.count(login, signal);
  const answer = await deps.aimHarder.login(login, signal).catch(async (error: unknown) => {
    await countedAttempt.recordUnanswered();
    throw error;
  });
  if (answer.kind !== 'logged-in') await countedAttempt.recordRefused();
  if (answer.kind === 'wrong-password')
    throw new AppError('invalid-credentials', 'AimHarder does not accept this e-mail and password.');
  if (answer.kind === 'refused')
    throw new AppError(
      'invalid-credentials',
      'AimHarder does not accept this e-mail and password, or has locked the account.',
    );
  const loggedInAt = deps.clock.now();
  await countedAttempt.recordAccepted();
  return { ...answer, loggedInAt };
}

type BackgroundLogin = {
  /** A login that AimHarder has just accepted, still to be stored. */
  readonly accepted?: AcceptedLogin;
  /** The existing session if it stays unchanged because a firing is about to use it; otherwise null. */
  readonly existing: BackgroundSession | null;
  readonly warnings: readonly LoginWarning[];
};

async function logInBackground(
  deps: DualLoginDeps,
  { email, password }: Login,
  signal: AbortSignal,
): Promise<BackgroundLogin> {
  const existing = await deps.sessions.getBackgroundSession(email);
  if (existing && existing.state === 'active' && isReserved(existing, deps.clock.now())) {
    // A second login with the same fingerprint may end the first session, which the firing still needs.
    deps.logger.info('background-login-left-out');
    const message = 'The background login was skipped: a pre-booking is about to use the background session.';
    return { existing, warnings: [{ code: 'background-login-left-out', message }] };
  }
  const { fingerprintSalt } = await deps.secrets();
  const fingerprint = generateBackgroundFingerprint(email, fingerprintSalt);
  try {
    const answer = await deps.aimHarder.login({ email, password, fingerprint }, signal);
    if (answer.kind === 'logged-in')
      return { accepted: { ...answer, loggedInAt: deps.clock.now() }, existing: null, warnings: [] };
    deps.logger.warn('background-login-failed', { code: answer.kind });
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    deps.logger.warn('background-login-failed', { code: error.reason });
  }
  const message =
    'The background login failed. Without an earlier background session, pre-bookings are at risk until a later login succeeds.';
  return { existing: null, warnings: [{ code: 'background-login-failed', message }] };
}

/** Stores this login's background session, and ends the member's other background sessions. @returns the one that stays. */
async function storeBackground(
  deps: DualLoginDeps,
  email: string,
  login: AcceptedLogin,
  signal: AbortSignal,
): Promise<Session> {
  const { session, boxes, loggedInAt } = login;
  const stored = await deps.logins.storeSession({ email, ...session, boxes, loggedInAt });
  return (await endAllButOne(deps, email, signal)) ?? stored;
}

/**
 * Ends all live background sessions but that of the latest login. After a change of the salt, two concurrent logins of a member
 * may use different background fingerprints. Each login stores its own session before it ends others, and both choose the same
 * session to keep, so exactly one stays.
 *
 * @throws AppError unavailable if other writes always came first.
 */
async function endAllButOne(
  { sessions, state, clock }: DualLoginDeps,
  email: string,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const endOthers = async () => {
    const [latest, ...others] = (await sessions.getAllUserSessions(email))
      .filter(isBackground)
      .toSorted(compareByLogin);
    // A session that a refresh has changed meanwhile is not ended yet: the next round ends it.
    const ended = await Promise.all(others.map((other) => state.markReplaced(other)));
    return ended.every(Boolean) ? { latest } : undefined;
  };
  return (await withOptimisticLock(clock, endOthers, signal)).latest;
}

/** Sorts the latest login first. Compares only what no refresh changes, so that concurrent logins keep the same session. */
const compareByLogin = (left: BackgroundSession, right: BackgroundSession): number =>
  (right.loggedInAt ?? 0) - (left.loggedInAt ?? 0) || left.fingerprint.localeCompare(right.fingerprint);

/** Calls `setrefresh` with the session of a login. @returns the login with the session that `setRefresh` returns. */
const refreshLogin = async (
  deps: DualLoginDeps,
  accepted: AcceptedLogin,
  signal: AbortSignal,
): Promise<AcceptedLogin> => ({ ...accepted, session: await setRefresh(deps, accepted.session, signal) });
