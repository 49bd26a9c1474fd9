import { generateDeviceFingerprint } from '../sessions/fingerprint.ts';
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

/** Logs a member in, and keeps the password if the member asks for that. @throws AppError as `dualLogin` does. */
export async function logIn(
  deps: DualLoginDeps & KeepPasswordDeps,
  { fingerprint = generateDeviceFingerprint(), deviceName, keepCredentials = false, ...identity }: LoginRequest,
  caller: Pick<Login, 'sourceAddress' | 'isMember'>,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const loggedIn = await dualLogin(
    deps,
    { ...identity, ...caller, fingerprint, deviceName: deviceName ?? null },
    signal,
  );
  if (keepCredentials) await keepPassword(deps, identity, loggedIn);
  return loggedIn;
}
