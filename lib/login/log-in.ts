import { AppError } from '../platform/errors.ts';
import { generateDeviceFingerprint } from '../sessions/fingerprint.ts';
import type { Tombstones } from '../sessions/tombstones.ts';
import type { IsInvited } from './allowed-emails.ts';
import { type DeviceLimitDeps, endSurplusDevices } from './device-limit.ts';
import { type DualLoginDeps, dualLogin, type LoggedIn } from './dual-login.ts';
import { type KeepPasswordDeps, keepPassword } from './keep-password.ts';
import type { KeptPasswords } from './kept-passwords.ts';
import { isKnownAddress, isKnownDevice, type KnownOriginStore, type Origin } from './known-origins.ts';
import type { LoginAttempt } from './login-throttle.ts';

export type LogInDeps = DualLoginDeps &
  KeepPasswordDeps &
  DeviceLimitDeps & {
    readonly keptPasswords: Pick<KeptPasswords, 'forget' | 'replaceIfKept'>;
    readonly knownOrigins: Pick<KnownOriginStore, 'find' | 'remember'>;
    readonly isInvited: IsInvited;
    readonly tombstones: Pick<Tombstones, 'findFinished' | 'removeFinished' | 'isRaised'>;
  };

/** From where a client logs in. */
export type LoginCaller = {
  readonly sourceAddress: string;
  /** If the caller sends a live access token of this member: the fingerprint of its device session. */
  readonly deviceOfToken: string | undefined;
};

/** What a member's client sends. Without a fingerprint, the device gets a new one. */
export type LoginRequest = {
  readonly email: string;
  readonly password: string;
  readonly fingerprint?: string | undefined;
  readonly deviceName?: string | undefined;
  readonly keepCredentials?: boolean | undefined;
};

/**
 * Logs a member in. `keepCredentials` true keeps the password, and false forgets one that was kept earlier. If it is undefined, a
 * password that is kept already is replaced, because AimHarder has just accepted this one. Ends the oldest device sessions over the
 * limit, and the push messages to those devices.
 *
 * @throws AppError not-invited, or session-changed while the account is being deleted; both before AimHarder is asked. Also what
 *   `dualLogin` throws.
 */
export async function logIn(
  deps: LogInDeps,
  { fingerprint = generateDeviceFingerprint(), deviceName, keepCredentials, ...identity }: LoginRequest,
  caller: LoginCaller,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { email } = identity;
  if (!deps.isInvited(email))
    throw new AppError('not-invited', 'This installation is for invited members. Ask its operator to add this e-mail.');
  const tombstone = await deps.tombstones.findFinished(email);
  const attempt = await recogniseCaller(deps, email, fingerprint, caller);
  const login = { ...identity, ...attempt, fingerprint, deviceName: deviceName ?? null };
  // Removes the tombstone only after AimHarder has accepted the password: otherwise a stranger could prevent the second look.
  const onAccepted = async () => {
    if (tombstone) await deps.tombstones.removeFinished(email, tombstone);
  };
  const loggedIn = await dualLogin(deps, login, onAccepted, signal);
  // No password is kept if a deletion of the account has begun meanwhile.
  if (keepCredentials && !(await deps.tombstones.isRaised(email))) await keepPassword(deps, identity, loggedIn);
  if (keepCredentials === false) await deps.keptPasswords.forget(email);
  const acceptedPassword = keepCredentials === undefined ? identity.password : undefined;
  await finishLogin(deps, { email, fingerprint, ...caller }, acceptedPassword);
  return loggedIn;
}

/** Finds what this service already knows of a caller, before AimHarder checks the password. */
async function recogniseCaller(
  { sessions, knownOrigins }: LogInDeps,
  email: string,
  fingerprint: string,
  { sourceAddress, deviceOfToken }: LoginCaller,
): Promise<LoginAttempt> {
  const [liveSessions, known] = await Promise.all([sessions.getAllUserSessions(email), knownOrigins.find(email)]);
  const knownFingerprint = isKnownDevice(known, email, fingerprint) ? fingerprint : undefined;
  return {
    email,
    sourceAddress,
    knownDevice: deviceOfToken ?? knownFingerprint,
    isKnownAddress: isKnownAddress(known, email, sourceAddress),
    hasSession: liveSessions.length > 0,
  };
}

/**
 * Ends surplus device sessions, and remembers where the login came from. An error is only logged, because the login has
 * succeeded, and the next login repeats this work.
 *
 * @param acceptedPassword if given, replaces the member's kept password. That one may be outdated, and its relogin postponed.
 */
async function finishLogin(
  deps: LogInDeps,
  { email, ...origin }: Origin & { readonly email: string },
  acceptedPassword: string | undefined,
): Promise<void> {
  const work = [
    endSurplusDevices(deps, email),
    deps.knownOrigins.remember(email, origin),
    acceptedPassword !== undefined && deps.keptPasswords.replaceIfKept(email, acceptedPassword),
  ];
  for (const result of await Promise.allSettled(work))
    if (result.status === 'rejected') deps.logger.error('unexpected-error', result.reason, { during: 'log-in' });
}
