import type { Instant } from '../platform/clock.ts';
import { MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type BackgroundSession, isBackground, isStale, needsLogin, type Session } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';
import type { Steps } from './steps.ts';

export type PrepareSessionDeps = MemberUpstream & {
  readonly state: Pick<SessionState, 'reserve'>;
  readonly logger: Logger;
};

/** The member's background session, and whether AimHarder has just proven it. */
type PreparedSession = {
  readonly session: BackgroundSession | undefined;
  readonly isProven: boolean;
  /** Resolves when the session is reserved, or reserving it has failed. A shot does not wait for the reservation. */
  readonly reserved: Promise<unknown>;
};

/** How long after the opening the session stays reserved, in milliseconds: time for all shots and readings, and a margin. */
const RESERVED_AFTER = 3 * MINUTE;

/**
 * Finds the member's background session, recovers it if it is dead, reserves it, refreshes it if it is stale, and proves it. Also
 * returns a session that AimHarder seems to have ended, because only the answer to the booking decides that.
 *
 * @param isProven whether an earlier preparation has reserved and proven the session already.
 * @returns no session if the member has no background session, or if the database has not answered.
 */
export async function prepareSession(
  deps: PrepareSessionDeps,
  { id, email, opensAt }: Pick<Unfinished, 'id' | 'email' | 'opensAt'>,
  isProven: boolean,
  steps: Steps,
): Promise<PreparedSession> {
  const { sessions, refresher, clock } = deps;
  let session = await steps.load(() => sessions.getBackgroundSession(email));
  /** Reads the session again. Returns the known session if the database does not answer. */
  const readAgain = async (): Promise<BackgroundSession | undefined> =>
    sessions.getBackgroundSession(email).catch(() => session);
  if (session?.state === 'login-required') {
    const dead = session;
    await steps.ask('refresh', (stepSignal) => refresher.recover(dead, stepSignal));
    session = await readAgain();
  }
  if (session?.state !== 'active' || isProven) return { session, isProven, reserved: Promise.resolve() };
  const reserved = clock.now() < opensAt ? reserve(deps, id, session, opensAt + RESERVED_AFTER) : Promise.resolve();
  if (isStale(session, clock.now())) {
    const stale = session;
    await steps.ask('refresh', (stepSignal) => refresher.refresh(stale, stepSignal));
    session = await readAgain();
  }
  if (session?.state !== 'active') return { session, isProven: false, reserved };
  const active = session;
  const proof = await steps.ask('proof', (stepSignal) => proveSession(deps, active, stepSignal));
  return {
    session: proof && isBackground(proof.session) ? proof.session : active,
    isProven: proof?.isAlive === true,
    reserved,
  };
}

/** Reserves the session in the background: a database that does not answer must not hold up the preparation. */
function reserve(
  { state, logger }: PrepareSessionDeps,
  id: string,
  session: BackgroundSession,
  until: Instant,
): Promise<unknown> {
  return state
    .reserve(session, until)
    .catch((error: unknown) => logger.error('unexpected-error', error, { during: 'reserve-session', prebooking: id }));
}

/**
 * Proves a session with `whoami`, the only request that certainly fails for a dead session. If `whoami` names no member,
 * refreshes the session and asks again. A session that is dead is marked so, and recovered if that is possible; otherwise the
 * member is asked to log in.
 *
 * @returns the session to use, which a refresh or a relogin may have renewed, and whether it is proven.
 */
async function proveSession(
  deps: MemberUpstream,
  session: BackgroundSession,
  signal: AbortSignal,
): Promise<{ readonly session: Session; readonly isAlive: boolean }> {
  if (await isAlive(deps, session, signal)) return { session, isAlive: true };
  const refreshed = await deps.refresher.refresh(session, signal);
  if (refreshed.kind === 'ended') return { session, isAlive: false };
  const next = 'session' in refreshed && refreshed.session ? refreshed.session : session;
  if (await isAlive(deps, next, signal)) return { session: next, isAlive: true };
  const renewed = await deps.refresher.awaitRenewal(next, signal);
  if (renewed) return { session: renewed, isAlive: true };
  const current = await deps.sessions.find(next);
  const recovered = current && needsLogin(current) && (await deps.refresher.recover(current, signal));
  return { session: recovered || next, isAlive: Boolean(recovered) };
}

const isAlive = async (
  { aimHarder, tokens }: MemberUpstream,
  session: Session,
  signal: AbortSignal,
): Promise<boolean> => (await aimHarder.whoAmI(await tokens.decrypt(session), signal)).kind === 'member';
