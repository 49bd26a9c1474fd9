import type { LoginWrites } from '../sessions/login-writes.ts';
import type { SessionState } from '../sessions/session-state.ts';
import { accountBeingDeleted, type IsDeleted } from '../sessions/tombstones.ts';

/**
 * Makes the writes of a login respect the deletion of its member's account: a login that AimHarder was still answering when the
 * account was deleted stores nothing. If the deletion begins between the look at the tombstone and the write, the session ends
 * at once, and the deletion's second look deletes the session's item.
 */
export const respectTombstones = (
  logins: Pick<LoginWrites, 'storeSession' | 'scheduleRelogin'>,
  state: Pick<SessionState, 'markReplaced'>,
  isDeleted: IsDeleted,
): Pick<LoginWrites, 'storeSession' | 'scheduleRelogin'> => ({
  async storeSession(fresh) {
    if (await isDeleted(fresh.email)) throw accountBeingDeleted();
    const stored = await logins.storeSession(fresh);
    if (!(await isDeleted(fresh.email))) return stored;
    // Unlike `markEnded`, this ends the session even if a refresh holds its lock.
    await state.markReplaced(stored);
    throw accountBeingDeleted();
  },
  async scheduleRelogin(key, boxes) {
    if (await isDeleted(key.email)) throw accountBeingDeleted();
    await logins.scheduleRelogin(key, boxes);
  },
});
