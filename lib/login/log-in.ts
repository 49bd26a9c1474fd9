import { AppError } from '../platform/errors.ts';
import { generateDeviceFingerprint } from '../sessions/fingerprint.ts';
import type { Tombstones } from '../sessions/tombstones.ts';
import type { IsInvited } from './allowed-emails.ts';
import { type DualLoginDeps, dualLogin, type LoggedIn, type Login } from './dual-login.ts';
import { type KeepPasswordDeps, keepPassword } from './keep-password.ts';
import type { KeptPasswords } from './kept-passwords.ts';

export type LogInDeps = DualLoginDeps &
  KeepPasswordDeps & {
    readonly keptPasswords: Pick<KeptPasswords, 'forget'>;
    readonly isInvited: IsInvited;
    readonly tombstones: Pick<Tombstones, 'admit' | 'isRaised'>;
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
 * nothing.
 *
 * @throws AppError not-invited, or session-changed while the account is being deleted, before AimHarder is asked; and as
 *   `dualLogin` does.
 */
export async function logIn(
  deps: LogInDeps,
  { fingerprint = generateDeviceFingerprint(), deviceName, keepCredentials, ...identity }: LoginRequest,
  caller: Pick<Login, 'sourceAddress' | 'isMember'>,
  signal: AbortSignal,
): Promise<LoggedIn> {
  if (!deps.isInvited(identity.email))
    throw new AppError('not-invited', 'This installation is for invited members. Ask its operator to add this e-mail.');
  await deps.tombstones.admit(identity.email);
  const loggedIn = await dualLogin(
    deps,
    { ...identity, ...caller, fingerprint, deviceName: deviceName ?? null },
    signal,
  );
  if (keepCredentials && !(await deps.tombstones.isRaised(identity.email)))
    await keepPassword(deps, identity, loggedIn);
  if (keepCredentials === false) await deps.keptPasswords.forget(identity.email);
  return loggedIn;
}
