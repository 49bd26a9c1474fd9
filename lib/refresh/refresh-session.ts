import {
  ADDRESS_REFUSED,
  AddressRefused,
  type AimHarder,
  type AimHarderSession,
  UpstreamFailure,
} from '../aimharder/client.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, SessionDied } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import {
  type BackgroundSession,
  isReserved,
  isStale,
  needsLogin,
  REFRESH_LOCK_TTL,
  type Session,
  type SessionKey,
} from '../sessions/session.ts';
import type { RefreshLocked, SessionState } from '../sessions/session-state.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { SessionTokens } from '../sessions/session-tokens.ts';
import type { Recovery } from './recover-session.ts';

export type RefreshOutcome =
  /** The session is alive. `via` whoami: AimHarder no longer renews tokens, and whoami has proven the session alive instead. */
  | {
      readonly kind: 'refreshed';
      readonly session: Session;
      readonly via: 'tokenUpdate' | 'whoami' | 'login' | 'another caller';
    }
  /** AimHarder has ended the session: a device session is gone, a background session is kept and marked dead. */
  | { readonly kind: 'ended' }
  /** The session was deleted meanwhile, or replaced by a login. */
  | { readonly kind: 'changed'; readonly session: Session | undefined }
  /** AimHarder gave no usable answer. The session keeps its old token. */
  | { readonly kind: 'failed'; readonly failure: AppError };

export type SessionRefresherDeps = {
  readonly aimHarder: AimHarder;
  readonly sessions: Pick<SessionStore, 'find' | 'getBackgroundSession'>;
  readonly tokens: Pick<SessionTokens, 'decrypt' | 'replaceTokens'>;
  readonly state: Pick<
    SessionState,
    'acquireRefreshLock' | 'loadAndLock' | 'releaseAfterFailure' | 'markEnded' | 'markLoginRequired'
  >;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measure: Measure;
  /** Handles a background session that a refresh has found dead. */
  readonly recover: Recovery;
};

/** How often a caller without the refresh lock checks whether the other caller has finished, in milliseconds. */
const POLL_INTERVAL = 200;

/** Keeps sessions usable at AimHarder. One caller at a time replaces a session's token; other callers wait for its result. */
export class SessionRefresher {
  readonly #deps: SessionRefresherDeps;

  constructor(deps: SessionRefresherDeps) {
    this.#deps = deps;
  }

  /** Gets the next token of a session from AimHarder. If another caller is getting it already, waits for that caller's result. */
  async refresh(session: Session, signal: AbortSignal): Promise<RefreshOutcome> {
    const locked = await this.#deps.state.acquireRefreshLock(session, this.#lockExpiry());
    return locked ? this.#replaceToken(locked, signal) : this.#awaitConcurrentRefresh(session, signal);
  }

  /**
   * Refreshes a session by its key if it can be locked.
   *
   * @param onLocked receives the session as it was before the refresh.
   * @returns undefined if the session is gone, expired, not active or reserved, or if another caller holds its lock.
   */
  async tryRefresh(
    key: SessionKey,
    signal: AbortSignal,
    onLocked: (session: Session) => void = () => undefined,
  ): Promise<RefreshOutcome | undefined> {
    const locked = await this.#deps.state.loadAndLock(key, this.#lockExpiry());
    if (!locked) return undefined;
    onLocked(locked);
    return this.#replaceToken(locked, signal);
  }

  /**
   * Refreshes a session whose token is older than 15 minutes. A reserved session keeps its token, because a firing uses it.
   * If the refresh fails, the caller gets the session with its old token, which AimHarder may still accept.
   *
   * @returns the session to call AimHarder with.
   * @throws SessionDied if AimHarder has ended the session.
   */
  async ensureFresh(session: Session, signal: AbortSignal): Promise<Session> {
    const now = this.#deps.clock.now();
    if (!isStale(session, now) || isReserved(session, now)) return session;
    const outcome = await this.refresh(session, signal);
    if (outcome.kind === 'refreshed') return outcome.session;
    if (outcome.kind === 'failed') return session;
    if (outcome.kind === 'changed' && outcome.session) return outcome.session;
    throw new SessionDied();
  }

  /**
   * Waits for a newer token after AimHarder has refused a session: another caller may be replacing the token. If no other caller
   * is replacing it, the session is dead, and this method ends it.
   *
   * @returns undefined if the session is dead or gone.
   */
  async awaitRenewal(refused: Session, signal: AbortSignal): Promise<Session | undefined> {
    while (!(await this.#endIfUnchanged(refused))) {
      const outcome = await this.#awaitConcurrentRefresh(refused, signal);
      if (outcome.kind === 'refreshed') return outcome.session;
      // The other caller has failed and released the lock. The next round ends the session, unless a third caller has the lock.
      if (outcome.kind !== 'failed') return undefined;
    }
    return undefined;
  }

  /**
   * Gets newer credentials after AimHarder has refused a background session: those of a later login, or those of a refresh.
   *
   * @returns undefined if there are none. The session is then marked dead, unless the refresh merely failed: the refusal may have
   *   been a 401 of a proxy in front of AimHarder, and the timing wheel will ask again.
   */
  async replaceRefused(refused: BackgroundSession, signal: AbortSignal): Promise<AimHarderSession | undefined> {
    const { tokens } = this.#deps;
    const session = await findActiveBackgroundSession(this.#deps, refused.email);
    if (!session) return undefined;
    if (session.tokenVersion !== refused.tokenVersion) return tokens.decrypt(session);
    const outcome = await this.refresh(session, signal);
    if (outcome.kind === 'refreshed') return tokens.decrypt(outcome.session);
    if (outcome.kind === 'changed' && outcome.session?.state === 'active') return tokens.decrypt(outcome.session);
    return undefined;
  }

  /** Tries to recover a dead background session. @returns the session, if it is active again. */
  recover(dead: BackgroundSession, signal: AbortSignal): Promise<Session | undefined> {
    return this.#deps.recover(dead, signal);
  }

  async #replaceToken(locked: RefreshLocked, signal: AbortSignal): Promise<RefreshOutcome> {
    const { aimHarder, tokens, state } = this.#deps;
    try {
      const credentials = await tokens.decrypt(locked);
      const answer = await aimHarder.updateToken(credentials, signal);
      if (answer.kind === 'updated') return await this.#storeRefreshed(locked, answer.session, 'tokenUpdate');
      // Bookings need the background session, so whoami has to confirm its end. A device session is never used to book.
      if (answer.kind === 'unrenewed' || locked.sessionType === 'background') {
        const proof = await aimHarder.whoAmI(credentials, signal);
        if (proof.kind === 'member') return await this.#storeRefreshed(locked, proof.session, 'whoami');
      }
      return await this.#endOrRecover(locked, signal);
    } catch (error) {
      await state.releaseAfterFailure(locked, error instanceof UpstreamFailure ? error.reason : 'internal');
      if (error instanceof UpstreamFailure) return { kind: 'failed', failure: error };
      throw error;
    }
  }

  async #storeRefreshed(
    seen: Session,
    fresh: AimHarderSession,
    via: 'tokenUpdate' | 'whoami',
  ): Promise<RefreshOutcome> {
    const session = await this.#deps.tokens.replaceTokens(seen, fresh);
    if (session) return { kind: 'refreshed', session, via };
    return { kind: 'changed', session: await this.#deps.sessions.find(seen) };
  }

  async #endOrRecover(refused: RefreshLocked, signal: AbortSignal): Promise<RefreshOutcome> {
    const ended = await this.#endIfUnchanged(refused);
    const session = await this.#deps.sessions.find(refused);
    if (!ended) return { kind: 'changed', session };
    const recovered = session && needsLogin(session) ? await this.recover(session, signal) : undefined;
    return recovered ? { kind: 'refreshed', session: recovered, via: 'login' } : { kind: 'ended' };
  }

  /**
   * Ends a device session, or marks a background session dead. The session stays if a login or a refresh has given it a newer
   * token, or if another caller holds its refresh lock.
   *
   * @returns whether the session was ended.
   */
  async #endIfUnchanged(session: Session | RefreshLocked): Promise<boolean> {
    const { state, logger, measure } = this.#deps;
    const ended =
      session.sessionType === 'device' ? await state.markEnded(session) : await state.markLoginRequired(session);
    if (!ended) return false;
    logger.warn('session-login-required', { sessionType: session.sessionType });
    measure({ SessionLoginRequired: 1 });
    return true;
  }

  async #awaitConcurrentRefresh(seen: Session, signal: AbortSignal): Promise<RefreshOutcome> {
    const { clock, sessions } = this.#deps;
    const giveUpAt = clock.monotonic() + REFRESH_LOCK_TTL;
    for (;;) {
      const session = await sessions.find(seen);
      if (!session) return { kind: 'changed', session };
      if (session.state === 'login-required') return { kind: 'ended' };
      if (session.tokenVersion !== seen.tokenVersion) return { kind: 'refreshed', session, via: 'another caller' };
      const isLockFree = session.refreshingUntil === null || session.refreshingUntil < clock.now();
      if (isLockFree) return { kind: 'failed', failure: toConcurrentFailure(session.lastTokenUpdateError) };
      if (clock.monotonic() >= giveUpAt)
        return { kind: 'failed', failure: new AppError('upstream-timeout', 'The refresh takes too long.') };
      await clock.until(clock.monotonic() + POLL_INTERVAL, signal);
    }
  }

  #lockExpiry(): number {
    return this.#deps.clock.now() + REFRESH_LOCK_TTL;
  }
}

/** Converts the error that another caller's refresh has recorded to an AppError. */
function toConcurrentFailure(error: string | null): AppError {
  if (error === ADDRESS_REFUSED) return new AddressRefused();
  const code = (['upstream-timeout', 'upstream-rejected'] as const).find((known) => known === error);
  return new AppError(code ?? 'upstream-unreachable', `The refresh failed${error ? ` (${error})` : ''}.`);
}

async function findActiveBackgroundSession(
  { sessions }: { readonly sessions: Pick<SessionStore, 'getBackgroundSession'> },
  email: string,
): Promise<BackgroundSession | undefined> {
  const session = await sessions.getBackgroundSession(email);
  return session?.state === 'active' ? session : undefined;
}
