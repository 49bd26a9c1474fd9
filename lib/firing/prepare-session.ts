import type { Instant } from '../platform/clock.ts';
import { MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type BackgroundSession, isBackground, isStale, needsLogin, type Session } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';

export type PrepareSessionDeps = MemberUpstream & {
  readonly state: Pick<SessionState, 'reserve'>;
  readonly logger: Logger;
};

/** The functions that run the work of a preparation. Both return undefined if the work has failed. */
export type Steps = {
  /** Runs one step that asks AimHarder, if there is time for it. */
  readonly run: <T>(step: 'refresh' | 'proof', work: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;
  /** Asks our own services, and repeats that while there is time. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T | undefined>;
};

/** How long after the opening the session stays reserved, in milliseconds: time for all shots and readings, and a margin. */
const RESERVED_AFTER = 3 * MINUTE;

/**
 * Finds the member's background session, recovers a dead one, reserves it, refreshes a stale one and proves it. Also returns a
 * session that AimHarder seems to have ended, because only the answer to the booking decides that.
 *
 * @returns undefined if the member has no background session, or the database has not answered.
 */
export async function prepareSession(
  deps: PrepareSessionDeps,
  { id, email, opensAt }: Pick<Unfinished, 'id' | 'email' | 'opensAt'>,
  steps: Steps,
): Promise<BackgroundSession | undefined> {
  const { sessions, refresher, clock } = deps;
  let session = await steps.ask(() => sessions.getBackgroundSession(email));
  /** Reads the session again; returns the known one if the database does not answer. */
  const readAgain = async (): Promise<BackgroundSession | undefined> =>
    sessions.getBackgroundSession(email).catch(() => session);
  if (session?.state === 'login-required') {
    const dead = session;
    await steps.run('refresh', (inTime) => refresher.recover(dead, inTime));
    session = await readAgain();
  }
  if (session?.state !== 'active') return session;
  if (clock.now() < opensAt) reserve(deps, id, session, opensAt + RESERVED_AFTER);
  if (isStale(session, clock.now())) {
    const stale = session;
    await steps.run('refresh', (inTime) => refresher.refresh(stale, inTime));
    session = await readAgain();
  }
  if (session?.state !== 'active') return session;
  const active = session;
  const proven = await steps.run('proof', (inTime) => proveSession(deps, active, inTime));
  return proven && isBackground(proven) ? proven : active;
}

/** Reserves the session in the background, because a database that does not answer must not delay the preparation. */
function reserve({ state, logger }: PrepareSessionDeps, id: string, session: BackgroundSession, until: Instant): void {
  state
    .reserve(session, until)
    .catch((error: unknown) => logger.error('unexpected-error', error, { during: 'reserve-session', prebooking: id }));
}

/**
 * Proves a session with `whoami`, the only request that certainly fails for a dead session. If `whoami` names no member,
 * refreshes the session and asks again. Marks a dead session, so that the member is asked to log in.
 *
 * @returns the session to use: another caller may have refreshed it, or a relogin may have replaced it.
 */
async function proveSession(deps: MemberUpstream, session: BackgroundSession, signal: AbortSignal): Promise<Session> {
  if (await isAlive(deps, session, signal)) return session;
  const refreshed = await deps.refresher.refresh(session, signal);
  if (refreshed.kind === 'ended') return session;
  const next = 'session' in refreshed && refreshed.session ? refreshed.session : session;
  if (await isAlive(deps, next, signal)) return next;
  const renewed = await deps.refresher.awaitRenewal(next, signal);
  if (renewed) return renewed;
  const dead = await deps.sessions.find(next);
  return (dead && needsLogin(dead) && (await deps.refresher.recover(dead, signal))) || next;
}

const isAlive = async (
  { aimHarder, tokens }: MemberUpstream,
  session: Session,
  signal: AbortSignal,
): Promise<boolean> => (await aimHarder.whoAmI(await tokens.decrypt(session), signal)).kind === 'member';
