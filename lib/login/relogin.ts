import { type AimHarder, UpstreamFailure } from '../aimharder/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { NewSession } from '../sessions/new-session.ts';
import type { ReloginWrites } from '../sessions/relogin-writes.ts';
import { type BackgroundSession, REFRESH_LOCK_TTL, type Session } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';
import type { KeptPassword, KeptPasswords } from './kept-passwords.ts';
import { setRefresh } from './set-refresh.ts';

type ReloginOutcome =
  /** The background session is alive again. */
  | { readonly kind: 'logged-in'; readonly session: Session }
  /** Another caller is logging in, or the session was replaced or deleted. */
  | { readonly kind: 'changed' }
  /** There was no login, or the login failed; a later one may succeed. */
  | { readonly kind: 'failed' }
  /** No password is kept: only the member's own login will help. */
  | { readonly kind: 'unrecoverable' };

/** Logs a dead background session in again. */
export type Relogin = (dead: BackgroundSession, signal: AbortSignal) => Promise<ReloginOutcome>;

type ReloginDeps = {
  readonly aimHarder: AimHarder;
  readonly relogins: Pick<ReloginWrites, 'replaceDead'>;
  readonly state: Pick<SessionState, 'acquireRefreshLock' | 'releaseAfterFailure'>;
  readonly keptPasswords: Pick<KeptPasswords, 'find' | 'countRelogin' | 'postponeRelogin' | 'forgetUnlessReplaced'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Creates a `Relogin` that uses the member's kept password: at most twice an hour for each member, and one caller at a time.
 * A password that AimHarder calls wrong is deleted at once, so that it is never tried again. A refusal may also mean that the
 * account is locked; it does not prove the password wrong, so the password is kept and tried again later.
 */
export const reloginWithKeptPassword =
  (deps: ReloginDeps): Relogin =>
  async (dead, signal) => {
    const { relogins, state, keptPasswords, clock, logger } = deps;
    const kept = await keptPasswords.find(dead.email);
    if (!kept) return { kind: 'unrecoverable' };
    const locked = await state.acquireRefreshLock(dead, clock.now() + REFRESH_LOCK_TTL);
    if (!locked) return { kind: 'changed' };
    const sessionOrReason = (await keptPasswords.countRelogin(dead.email))
      ? await logIn(deps, dead, kept, signal)
      : 'too-many-logins';
    if (typeof sessionOrReason !== 'string') {
      const session = await relogins.replaceDead(dead, sessionOrReason);
      if (!session) return { kind: 'changed' };
      logger.info('relogin-succeeded');
      return { kind: 'logged-in', session };
    }
    const reason = sessionOrReason;
    logger.warn('relogin-failed', { reason });
    await state.releaseAfterFailure(locked, reason);
    if (reason === 'refused') await keptPasswords.postponeRelogin(kept);
    if (reason !== 'wrong-password') return { kind: 'failed' };
    // If the member has kept another password meanwhile, the next relogin tries that one.
    return { kind: (await keptPasswords.forgetUnlessReplaced(kept)) ? 'unrecoverable' : 'failed' };
  };

/** Logs in at AimHarder as a member's login does. @returns the new session, or the reason why there is none. */
async function logIn(
  deps: ReloginDeps,
  { email, fingerprint }: BackgroundSession,
  { password }: KeptPassword,
  signal: AbortSignal,
): Promise<NewSession | string> {
  try {
    const answer = await deps.aimHarder.login({ email, password, fingerprint }, signal);
    if (answer.kind !== 'logged-in') return answer.kind;
    const loggedInAt = deps.clock.now();
    const session = await setRefresh(deps, answer.session, signal);
    return { email, ...session, boxes: answer.boxes, loggedInAt };
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    return error.reason;
  }
}
