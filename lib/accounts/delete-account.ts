import type { KnownOriginStore } from '../login/known-origins.ts';
import { AppError } from '../platform/errors.ts';
import type { KeySource } from '../platform/secrets.ts';
import { type DeviceSession, isFreshLogin } from '../sessions/session.ts';
import type { DueTombstone, Tombstones } from '../sessions/tombstones.ts';
import { type EndOrdersDeps, endOrders, findFiring, refusedByFiring } from './end-orders.ts';
import { type EraseDeps, erase } from './erase.ts';

export type DeleteAccountDeps = EraseDeps &
  EndOrdersDeps & {
    readonly tombstones: Pick<Tombstones, 'raise' | 'markDeleted' | 'remove' | 'claim'>;
    readonly knownOrigins: Pick<KnownOriginStore, 'forget'>;
    readonly secrets: KeySource;
  };

/**
 * Deletes the caller's account. The caller's own session is deleted last, so that the caller can repeat a request that has failed.
 *
 * @throws AppError login-required if the login is too old; prebooking-firing.
 */
export async function deleteOwnAccount(deps: DeleteAccountDeps, caller: DeviceSession): Promise<void> {
  if (!isFreshLogin(caller, deps.clock.now()))
    throw new AppError(
      'login-required',
      'Log in again first: deleting the account needs a login within the last 10 minutes.',
    );
  await deleteAccount(deps, caller.email, caller.fingerprint);
}

/**
 * Deletes everything that is stored about a member. A tombstone comes first: logins, orders and firings that began earlier look for
 * it before they store anything. If this process dies, `startAccountEnds` finds the tombstone and starts a function that continues
 * the deletion; a repeated request continues it too. Bookings at AimHarder stay.
 *
 * @param lastSession the fingerprint of the session that is deleted last.
 * @throws AppError prebooking-firing, with the seconds until the firing has probably ended. The stored data then stay, but some
 *   pending pre-bookings may be cancelled already.
 */
export async function deleteAccount(deps: DeleteAccountDeps, email: string, lastSession?: string): Promise<void> {
  const firing = await findFiring(deps, email);
  if (firing) throw refusedByFiring(firing, deps.clock.now());
  await deps.tombstones.raise(email, deps.secrets, deps.clock.now());
  const [refusing] = await endOrders(deps, email);
  if (refusing) {
    await deps.tombstones.remove(email);
    throw refusedByFiring(refusing, deps.clock.now());
  }
  await eraseAll(deps, email, lastSession);
  await deps.tombstones.markDeleted(email, deps.clock.now());
  deps.logger.info('account-deleted');
}

/**
 * Continues a deletion whose process has died. After a completed deletion, takes the second look and removes the tombstone.
 *
 * @returns false if another caller has claimed the tombstone, or a pre-booking is being fired.
 */
export async function completeDeletion(deps: DeleteAccountDeps, due: DueTombstone): Promise<boolean> {
  const email = await deps.tombstones.claim(due, deps.secrets, deps.clock.now());
  if (email === undefined) return false;
  const [firing] = await endOrders(deps, email);
  // The tombstone stays, and becomes due again.
  if (firing) return false;
  await eraseAll(deps, email);
  if (due.state === 'deleted') await deps.tombstones.remove(email);
  else await deps.tombstones.markDeleted(email, deps.clock.now());
  deps.logger.info('account-deletion-completed');
  return true;
}

/** The tables that are erased after the password and the sessions: first routines and orders, last what notifications need. */
const FURTHER_TABLES = [
  'routines',
  'prebookings',
  'bookings',
  'calendars',
  'notifications',
  'pushSubscriptions',
  'messages',
] as const;

/**
 * Deletes all items. The kept password and the sessions go first, so that nothing logs in or books any more; only `lastSession`
 * stays until the end.
 */
async function eraseAll(deps: DeleteAccountDeps, email: string, lastSession?: string): Promise<void> {
  await erase(deps, 'credentials', email);
  await erase(deps, 'sessions', email, (fingerprint) => fingerprint === lastSession);
  for (const table of FURTHER_TABLES) await erase(deps, table, email);
  await deps.knownOrigins.forget(email);
  if (lastSession !== undefined) await erase(deps, 'sessions', email);
}
