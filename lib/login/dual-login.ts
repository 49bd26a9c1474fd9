import { type AimHarder, type AimHarderSession, type Box, UpstreamFailure } from '../aimharder/client.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { SaltSource } from '../platform/secrets.ts';
import { issueAccessToken } from '../sessions/access-token.ts';
import { generateBackgroundFingerprint } from '../sessions/fingerprint.ts';
import type { LoginWrites } from '../sessions/login-writes.ts';
import { type BackgroundSession, isBackground, isReserved, type Session } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { LoginThrottle } from './login-throttle.ts';

export type Login = {
  readonly email: string;
  readonly password: string;
  readonly fingerprint: string;
  readonly deviceName: string | null;
  /** The address the gateway saw, never one that a header states. */
  readonly sourceAddress: string;
  /** The caller holds a live access token of this very member. */
  readonly provenMember: boolean;
};

type LoginWarning = {
  readonly code: 'background-login-failed' | 'background-login-left-out';
  readonly message: string;
};

export type LoggedIn = {
  readonly accessToken: string;
  readonly session: Session;
  readonly backgroundSession: Session | null;
  readonly warnings: readonly LoginWarning[];
};

export type DualLoginDeps = {
  readonly aimHarder: AimHarder;
  readonly sessions: SessionStore;
  readonly logins: Pick<LoginWrites, 'storeSession'>;
  readonly state: Pick<SessionState, 'markReplaced'>;
  readonly attempts: LoginThrottle;
  readonly rememberBoxes: (boxes: readonly Box[]) => Promise<void>;
  readonly secrets: SaltSource;
  readonly clock: Clock;
  readonly logger: Logger;
};

type AtAimHarder = { readonly session: AimHarderSession; readonly boxes: readonly Box[]; readonly loggedInAt: Instant };

/** setrefresh is optional at AimHarder: it gets this long, in milliseconds. */
const SET_REFRESH_PATIENCE = 3 * SECOND;

/**
 * Logs the member in twice: the device, then the server's own background session. If the device login fails nothing is
 * stored. If only the background login fails, the login succeeds and says so. The password is used here and kept nowhere.
 *
 * @throws AppError session-changed when a later login of the same device was quicker; invalid-credentials,
 *   too-many-attempts, upstream-rejected, upstream-unreachable, upstream-timeout.
 */
export async function dualLogin(deps: DualLoginDeps, login: Login, signal: AbortSignal): Promise<LoggedIn> {
  const device = await deviceLogin(deps, login, signal);
  const background = await backgroundLogin(deps, login, signal);
  const [deviceFresh, backgroundFresh] = await Promise.all([
    setRefresh(deps, device.session, signal),
    background.made && setRefresh(deps, background.made.session, signal),
  ]);

  const { accessToken, hash } = issueAccessToken(login);
  const backgroundSession =
    background.made && backgroundFresh
      ? await storeBackground(deps, login.email, { ...background.made, session: backgroundFresh })
      : background.kept;
  const session = await deps.logins.storeSession({
    email: login.email,
    ...deviceFresh,
    boxes: device.boxes,
    loggedInAt: device.loggedInAt,
    device: { accessTokenHash: hash, name: login.deviceName },
  });
  await deps.rememberBoxes(device.boxes);
  return { accessToken, session, backgroundSession, warnings: background.warnings };
}

async function deviceLogin(deps: DualLoginDeps, login: Login, signal: AbortSignal): Promise<AtAimHarder> {
  const attempt = await deps.attempts.count(login.email, login.sourceAddress, login.provenMember);
  const answer = await deps.aimHarder.login(login, signal).catch(async (error: unknown) => {
    await attempt.giveBack();
    throw error;
  });
  if (answer.kind === 'wrong-credentials')
    throw new AppError('invalid-credentials', 'AimHarder does not accept this e-mail and password.');
  const loggedInAt = deps.clock.now();
  await attempt.giveBack();
  return { ...answer, loggedInAt };
}

type Background = {
  /** A login just made, still to be stored. */
  readonly made?: AtAimHarder;
  /** The session that is there and stays as it is. */
  readonly kept: BackgroundSession | null;
  readonly warnings: readonly LoginWarning[];
};

async function backgroundLogin(
  deps: DualLoginDeps,
  { email, password }: Login,
  signal: AbortSignal,
): Promise<Background> {
  const existing = await deps.sessions.getBackgroundSession(email);
  if (existing && existing.state === 'active' && isReserved(existing, deps.clock.now())) {
    // Whether a second login with one fingerprint ends the first is unknown: not while a booking hangs on it.
    deps.logger.info('background-login-left-out');
    const message = 'A pre-booking is about to be fired on the background session, which was left as it is.';
    return { kept: existing, warnings: [{ code: 'background-login-left-out', message }] };
  }
  const { fingerprintSalt } = await deps.secrets();
  try {
    const answer = await deps.aimHarder.login(
      { email, password, fingerprint: generateBackgroundFingerprint(email, fingerprintSalt) },
      signal,
    );
    if (answer.kind === 'logged-in')
      return { made: { ...answer, loggedInAt: deps.clock.now() }, kept: null, warnings: [] };
    deps.logger.warn('background-login-failed', { code: answer.kind });
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    deps.logger.warn('background-login-failed', { code: error.code });
  }
  const message = 'The background login failed: pre-bookings are at risk until a later login succeeds.';
  return { kept: null, warnings: [{ code: 'background-login-failed', message }] };
}

/** Stores the member's background session, and makes it the only one. @returns the one that stays. */
async function storeBackground(deps: DualLoginDeps, email: string, login: AtAimHarder): Promise<Session> {
  const { session, boxes, loggedInAt } = login;
  const stored = await deps.logins.storeSession({ email, ...session, boxes, loggedInAt });
  return (await endAllButOne(deps, email)) ?? stored;
}

/**
 * A changed salt gives a member another background fingerprint, perhaps while a login with the old one is at work. Both
 * look only once theirs is stored, and both leave the same one, so that neither two stay nor none.
 */
async function endAllButOne({ sessions, state }: DualLoginDeps, email: string): Promise<Session | undefined> {
  for (;;) {
    const [best, ...others] = (await sessions.getAllUserSessions(email)).filter(isBackground).toSorted(bestFirst);
    if (others.length === 0) return best;
    // One that a refresh has changed since is looked at again.
    await Promise.all(others.map((other) => state.markReplaced(other)));
  }
}

/** By what never changes: AimHarder may end one just now, and two logins must not choose differently. */
const bestFirst = (one: BackgroundSession, other: BackgroundSession): number =>
  (other.loggedInAt ?? 0) - (one.loggedInAt ?? 0) || one.fingerprint.localeCompare(other.fingerprint);

async function setRefresh(
  { aimHarder }: DualLoginDeps,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<AimHarderSession> {
  try {
    const fresh = await aimHarder.setRefresh(
      session,
      AbortSignal.any([signal, AbortSignal.timeout(SET_REFRESH_PATIENCE)]),
    );
    return { ...fresh, fingerprint: session.fingerprint };
  } catch (error) {
    if (error instanceof UpstreamFailure) return session;
    throw error;
  }
}
