import { type AimHarder, UpstreamFailure } from '../aimharder/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { type BackgroundSession, REFRESH_LOCK_TTL, type Session } from '../sessions/session.ts';
import type { SessionTokens } from '../sessions/session-tokens.ts';
import type { KeptPassword, KeptPasswords } from './kept-passwords.ts';

type ReloginOutcome =
  | { readonly kind: 'healed'; readonly session: Session }
  /** Another caller is at it, or the session is no longer the one that died. */
  | { readonly kind: 'changed' }
  /** This time; it may be tried again. */
  | { readonly kind: 'failed' }
  /** No password is kept: only the member's own login will help. */
  | { readonly kind: 'hopeless' };

/** Logs a dead background session in again. */
export type Relogin = (dead: BackgroundSession, signal: AbortSignal) => Promise<ReloginOutcome>;

type ReloginDeps = {
  readonly aimHarder: AimHarder;
  readonly tokens: SessionTokens;
  readonly keptPasswords: KeptPasswords;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Heals the sessions of members who let their password be kept, at most twice an hour each, and one caller at a time. A
 * password that AimHarder no longer accepts is forgotten at once, so that it is never tried again.
 */
export const reloginWithKeptPassword =
  (deps: ReloginDeps): Relogin =>
  async (dead, signal) => {
    const { tokens, keptPasswords, clock, logger } = deps;
    const kept = await keptPasswords.find(dead.email);
    if (!kept) return { kind: 'hopeless' };
    const inTurn = await tokens.acquireRefreshLock(dead, clock.now() + REFRESH_LOCK_TTL);
    if (!inTurn) return { kind: 'changed' };
    const answer = (await keptPasswords.countRelogin(dead.email))
      ? await logIn(deps, dead, kept, signal)
      : 'too-many-logins';
    if (typeof answer !== 'string') {
      const session = await tokens.replaceDead(dead, answer);
      if (!session) return { kind: 'changed' };
      logger.info('session-healed');
      return { kind: 'healed', session };
    }
    logger.warn('session-not-healed', { reason: answer });
    await tokens.noteFailure(inTurn, answer);
    if (answer !== 'wrong-credentials') return { kind: 'failed' };
    // Another one that the member let be kept meanwhile stays, and is tried next time.
    return { kind: (await keptPasswords.forgetIf(kept)) ? 'hopeless' : 'failed' };
  };

/** @returns the session as AimHarder made it, or why it did not. */
async function logIn(
  { aimHarder, clock }: ReloginDeps,
  { email, fingerprint }: BackgroundSession,
  { password }: KeptPassword,
  signal: AbortSignal,
) {
  try {
    const answer = await aimHarder.login({ email, password, fingerprint }, signal);
    if (answer.kind === 'wrong-credentials') return answer.kind;
    return { email, ...answer.session, boxes: answer.boxes, loggedInAt: clock.now() };
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    return error.code;
  }
}
