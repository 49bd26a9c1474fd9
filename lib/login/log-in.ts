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
    readonly keptPasswords: Pick<KeptPasswords, 'forget'>;
    readonly knownOrigins: Pick<KnownOriginStore, 'find' | 'remember'>;
    readonly isInvited: IsInvited;
    readonly tombstones: Pick<Tombstones, 'look' | 'admit' | 'isRaised'>;
  };

/** From where a client logs in. */
export type LoginCaller = {
  readonly sourceAddress: string;
  /** The fingerprint of the device session whose live access token the caller holds, if it is this member's. */
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
 * Logs a member in. `keepCredentials` true keeps the password, false forgets one that was kept earlier, and undefined changes
 * nothing. Ends the oldest device sessions over the limit.
 *
 * @throws AppError not-invited, or session-changed while the account is being deleted, before AimHarder is asked; and as
 *   `dualLogin` does.
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
  const deleted = await deps.tombstones.look(email);
  const attempt = await recogniseCaller(deps, email, fingerprint, caller);
  const login = { ...identity, ...attempt, fingerprint, deviceName: deviceName ?? null };
  const admit = async () => {
    if (deleted) await deps.tombstones.admit(email, deleted);
  };
  const loggedIn = await dualLogin(deps, login, admit, signal);
  if (keepCredentials && !(await deps.tombstones.isRaised(email))) await keepPassword(deps, identity, loggedIn);
  if (keepCredentials === false) await deps.keptPasswords.forget(email);
  await tidyUp(deps, { email, fingerprint, ...caller });
  return loggedIn;
}

/** Finds what is known of a caller before the password is checked. */
async function recogniseCaller(
  { sessions, knownOrigins }: LogInDeps,
  email: string,
  fingerprint: string,
  { sourceAddress, deviceOfToken }: LoginCaller,
): Promise<LoginAttempt> {
  const [live, known] = await Promise.all([sessions.getAllUserSessions(email), knownOrigins.find(email)]);
  const knownFingerprint = isKnownDevice(known, email, fingerprint) ? fingerprint : undefined;
  return {
    email,
    sourceAddress,
    knownDevice: deviceOfToken ?? knownFingerprint,
    isKnownAddress: isKnownAddress(known, email, sourceAddress),
    hasSession: live.length > 0,
  };
}

/** Does what the member need not wait for an error of: the login has succeeded, and the next one does it again. */
async function tidyUp(deps: LogInDeps, { email, ...origin }: Origin & { readonly email: string }): Promise<void> {
  const work = [endSurplusDevices(deps, email), deps.knownOrigins.remember(email, origin)];
  for (const result of await Promise.allSettled(work))
    if (result.status === 'rejected') deps.logger.error('unexpected-error', result.reason, { during: 'log-in' });
}
