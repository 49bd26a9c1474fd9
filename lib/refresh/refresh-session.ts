import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../aimharder/client.ts';
import type { Publish } from '../events/event-bus.ts';
import type { Relogin } from '../login/relogin.ts';
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
import { loginRequired } from '../sessions/session-events.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { SessionTokens } from '../sessions/session-tokens.ts';
import type { RefreshLocked } from '../sessions/state-writes.ts';

export type RefreshOutcome =
  /** `via` whoami: AimHarder no longer renews tokens, and the session was proven alive instead. */
  | {
      readonly kind: 'refreshed';
      readonly session: Session;
      readonly via: 'tokenUpdate' | 'whoami' | 'login' | 'another caller';
    }
  /** AimHarder said `logout:1`: a device session is gone, a background one is kept and marked. */
  | { readonly kind: 'ended' }
  /** The session was deleted, or replaced by a login, meanwhile. */
  | { readonly kind: 'changed'; readonly session: Session | undefined }
  /** No usable answer; the old token is kept and tried again. */
  | { readonly kind: 'failed'; readonly failure: AppError };

export type MemberUpstream = {
  readonly aimHarder: AimHarder;
  readonly sessions: SessionStore;
  readonly tokens: SessionTokens;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measure: Measure;
  /** Tells the world that a member has to log in; only some functions may. */
  readonly publish?: Publish;
  /** Logs a dead background session in again, for members who let their password be kept; only some functions may. */
  readonly relogin?: Relogin;
};

/** How often a caller without the turn looks whether the other one is done. */
const LOOK_AGAIN = 200;

/** Gets the next token of a session from AimHarder. No two callers rotate one token: the second waits for the first. */
export async function refreshSession(
  deps: MemberUpstream,
  session: Session,
  signal: AbortSignal,
): Promise<RefreshOutcome> {
  const inTurn = await deps.tokens.acquireRefreshLock(session, deps.clock.now() + REFRESH_LOCK_TTL);
  return inTurn ? rotate(deps, inTurn, signal) : awaitConcurrentRefresh(deps, session, signal);
}

/**
 * Refreshes a session by its key when nothing stands against it.
 *
 * @param claimed hears of the session as it was before.
 * @returns undefined when something does, or it is gone.
 */
export async function tryRefresh(
  deps: MemberUpstream,
  key: SessionKey,
  signal: AbortSignal,
  claimed: (session: Session) => void = () => undefined,
): Promise<RefreshOutcome | undefined> {
  const session = await deps.tokens.loadAndLock(key, deps.clock.now() + REFRESH_LOCK_TTL);
  if (!session) return undefined;
  claimed(session);
  return rotate(deps, session, signal);
}

/**
 * The session, refreshed first when its token is older than 15 minutes. A held session is left alone: a firing
 * pre-booking is using its token. A refresh that merely failed is no reason not to try the old token.
 *
 * @throws SessionDied when AimHarder has ended it.
 */
export async function ensureFresh(deps: MemberUpstream, session: Session, signal: AbortSignal): Promise<Session> {
  const now = deps.clock.now();
  if (!isStale(session, now) || isReserved(session, now)) return session;
  const outcome = await refreshSession(deps, session, signal);
  if (outcome.kind === 'refreshed') return outcome.session;
  if (outcome.kind === 'failed') return session;
  if (outcome.kind === 'changed' && outcome.session) return outcome.session;
  throw new SessionDied();
}

/**
 * Ends what AimHarder has ended: a device session is gone, a background one is marked. Only if its token is still the one
 * that AimHarder refused, and no other caller is asking for the next: neither a login nor a refresh is undone.
 *
 * @returns whether it was.
 */
async function endIfUnchanged(
  deps: Pick<MemberUpstream, 'tokens' | 'logger' | 'measure'>,
  session: Session | RefreshLocked,
): Promise<boolean> {
  const ended =
    session.sessionType === 'device'
      ? await deps.tokens.markEnded(session)
      : await deps.tokens.markLoginRequired(session);
  if (!ended) return false;
  deps.logger.warn('session-login-required', { sessionType: session.sessionType });
  deps.measure({ SessionLoginRequired: 1 });
  return true;
}

/**
 * For a caller whose session AimHarder has refused: the session as another caller has renewed it meanwhile, or is about to.
 *
 * @returns undefined when it is dead: it is ended then.
 */
export async function awaitRenewal(
  deps: MemberUpstream,
  refused: Session,
  signal: AbortSignal,
): Promise<Session | undefined> {
  while (!(await endIfUnchanged(deps, refused))) {
    const outcome = await awaitConcurrentRefresh(deps, refused, signal);
    if (outcome.kind === 'refreshed') return outcome.session;
    // The other caller has failed: once more, as long as nobody else begins.
    if (outcome.kind !== 'failed') return undefined;
  }
  return undefined;
}

/**
 * Logs a dead background session in again, or tells its member, once that has failed. Who can do neither leaves it to the
 * wheel, where it keeps its turn until its member has been told and nothing is left to try. The member may be told twice, and
 * is never not told: the note goes once the bus has taken the event.
 *
 * @returns the session that lives again.
 */
export async function reloginOrNotify(
  deps: MemberUpstream,
  dead: BackgroundSession,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const healing = (await deps.relogin?.(dead, signal)) ?? { kind: 'hopeless' };
  if (healing.kind === 'healed') return healing.session;
  if (healing.kind === 'changed' || !deps.publish) return undefined;
  const told = !dead.notificationPending || (await notifyLoginRequired(deps.publish, deps.logger, dead));
  const hopeless = healing.kind === 'hopeless';
  if (told && (dead.notificationPending || hopeless)) await deps.tokens.markNotified(dead, hopeless);
  return undefined;
}

async function notifyLoginRequired(publish: Publish, logger: Logger, dead: BackgroundSession): Promise<boolean> {
  try {
    await publish(loginRequired(dead));
    return true;
  } catch (error) {
    logger.error('event-not-published', error);
    return false;
  }
}

async function rotate(deps: MemberUpstream, session: RefreshLocked, signal: AbortSignal): Promise<RefreshOutcome> {
  const { aimHarder, tokens } = deps;
  try {
    const opened = await tokens.decrypt(session);
    const answer = await aimHarder.updateToken(opened, signal);
    if (answer.kind === 'updated') return await storeRefreshed(deps, session, answer.session, 'tokenUpdate');
    if (answer.kind === 'unrenewed') {
      const proof = await aimHarder.whoAmI(opened, signal);
      if (proof.kind === 'member') return await storeRefreshed(deps, session, proof.session, 'whoami');
    }
    const ended = await endIfUnchanged(deps, session);
    const now = await deps.sessions.find(session);
    if (!ended) return { kind: 'changed', session: now };
    const healed = now && needsLogin(now) ? await reloginOrNotify(deps, now, signal) : undefined;
    return healed ? { kind: 'refreshed', session: healed, via: 'login' } : { kind: 'ended' };
  } catch (error) {
    await tokens.noteFailure(session, error instanceof UpstreamFailure ? error.code : 'internal');
    if (error instanceof UpstreamFailure) return { kind: 'failed', failure: error };
    throw error;
  }
}

async function storeRefreshed(
  { sessions, tokens }: MemberUpstream,
  seen: Session,
  fresh: Parameters<SessionTokens['replaceTokens']>[1],
  via: 'tokenUpdate' | 'whoami',
): Promise<RefreshOutcome> {
  const session = await tokens.replaceTokens(seen, fresh);
  if (session) return { kind: 'refreshed', session, via };
  return { kind: 'changed', session: await sessions.find(seen) };
}

async function awaitConcurrentRefresh(
  deps: MemberUpstream,
  seen: Session,
  signal: AbortSignal,
): Promise<RefreshOutcome> {
  const { clock, sessions } = deps;
  const giveUp = clock.monotonic() + REFRESH_LOCK_TTL;
  for (;;) {
    const session = await sessions.find(seen);
    if (!session) return { kind: 'changed', session };
    if (session.state === 'login-required') return { kind: 'ended' };
    if (session.tokenVersion !== seen.tokenVersion) return { kind: 'refreshed', session, via: 'another caller' };
    const turnIsFree = session.refreshingUntil === null || session.refreshingUntil < clock.now();
    if (turnIsFree) {
      return { kind: 'failed', failure: noted(session.lastTokenUpdateError) };
    }
    if (clock.monotonic() >= giveUp)
      return { kind: 'failed', failure: new AppError('upstream-timeout', 'The refresh takes too long.') };
    await clock.until(clock.monotonic() + LOOK_AGAIN, signal);
  }
}

/** Why the other caller's refresh failed, as it has noted it. */
function noted(error: string | null): AppError {
  const code = (['upstream-timeout', 'upstream-rejected'] as const).find((one) => one === error);
  return new AppError(code ?? 'upstream-unreachable', `The refresh failed${error ? ` (${error})` : ''}.`);
}

export async function activeBackgroundSession(
  { sessions }: Pick<MemberUpstream, 'sessions'>,
  email: string,
): Promise<BackgroundSession | undefined> {
  const session = await sessions.getBackgroundSession(email);
  return session?.state === 'active' ? session : undefined;
}

/** After `logout:1`: a login may have brought a newer token; else one refresh is tried; else the session is marked dead. */
export async function replaceRefusedSession(
  deps: MemberUpstream,
  refused: BackgroundSession,
  signal: AbortSignal,
): Promise<AimHarderSession | undefined> {
  const session = await activeBackgroundSession(deps, refused.email);
  if (!session) return undefined;
  if (session.tokenVersion !== refused.tokenVersion) return deps.tokens.decrypt(session);
  const outcome = await refreshSession(deps, session, signal);
  if (outcome.kind === 'refreshed') return deps.tokens.decrypt(outcome.session);
  if (outcome.kind === 'changed' && outcome.session?.state === 'active') return deps.tokens.decrypt(outcome.session);
  if (outcome.kind === 'failed') await endIfUnchanged(deps, session);
  return undefined;
}
