import { AppError } from '../platform/errors.ts';
import { generateDeviceFingerprint } from '../sessions/fingerprint.ts';
import type { IsInvited } from './allowed-emails.ts';
import { type DualLoginDeps, dualLogin, type LoggedIn, type Login } from './dual-login.ts';
import { type KeepPasswordDeps, keepPassword } from './keep-password.ts';

/** What a member's client sends. Without a fingerprint, the device gets a new one. */
export type LoginRequest = {
  readonly email: string;
  readonly password: string;
  readonly fingerprint?: string | undefined;
  readonly deviceName?: string | undefined;
  readonly keepCredentials?: boolean | undefined;
};

/**
 * Logs a member in, and keeps the password if the member asks for that.
 *
 * @throws AppError not-invited, before AimHarder is asked; and as `dualLogin` does.
 */
export async function logIn(
  deps: DualLoginDeps & KeepPasswordDeps & { readonly isInvited: IsInvited },
  { fingerprint = generateDeviceFingerprint(), deviceName, keepCredentials = false, ...identity }: LoginRequest,
  caller: Pick<Login, 'sourceAddress' | 'isMember'>,
  signal: AbortSignal,
): Promise<LoggedIn> {
  if (!deps.isInvited(identity.email))
    throw new AppError('not-invited', 'This installation is for invited members. Ask its operator to add this e-mail.');
  const loggedIn = await dualLogin(
    deps,
    { ...identity, ...caller, fingerprint, deviceName: deviceName ?? null },
    signal,
  );
  if (keepCredentials) await keepPassword(deps, identity, loggedIn);
  return loggedIn;
}
