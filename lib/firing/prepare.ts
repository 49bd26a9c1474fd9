import { calibrate, LONGEST_IDLE, type SharedCalibration } from '../aimharder/calibration.ts';
import { UpstreamFailure } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import { type Calibration, isPlausible } from '../aimharder/estimate.ts';
import { type Clock, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { isTimeout } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type BackgroundSession, isStale, needsLogin, type Session } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';
import { type Decided, decide, resolveListed } from './timetable-check.ts';

/** What the preparation has found out. A step that failed leaves its part unknown, and the shot is sent all the same. */
export type Prepared = {
  /** Undefined if AimHarder's clock is unknown, or is no clock that can open bookings (`isPlausible`). */
  readonly calibration: Calibration | undefined;
  /** The route that the calibration holds for (`Connection.routeId`). */
  readonly routeId: string;
  /** The cookies of the prepared session; none if the member has to log in. */
  readonly cookies: readonly Cookie[];
  /** The class's slot id by the current timetable; null while the timetable does not show the class. */
  readonly classId: string | null;
};

/**
 * The steps of the preparation, and how long before the opening each must begin, in milliseconds. A late wake-up leaves
 * out the least important steps first. AimHarder answers in 0.4 to 1.7 s.
 */
const NEEDS = { refresh: 9 * SECOND, proof: 7 * SECOND, listing: 5 * SECOND, calibration: 4 * SECOND } as const;

/** How long after the opening the session stays reserved, in milliseconds: all shots and readings, and a margin. */
const RESERVED_AFTER = 3 * MINUTE;

/** The most that one step may take, in milliseconds. */
const STEP_PATIENCE = 8 * SECOND;

/** How long the commit and the last look at the session take at most, in milliseconds. The calibration ends before. */
const COMMIT_TAKES = 2.5 * SECOND;

export type PrepareDeps = MemberUpstream & {
  readonly state: Pick<SessionState, 'reserve'>;
  readonly logger: Logger;
  /** Finds the calibration of a box's clock that the connections of this process share. */
  readonly clockOf: (box: string) => SharedCalibration;
};

/** Runs one step if there is time for it. @returns undefined if the step was left out or AimHarder failed it. */
type RunStep = <T>(step: keyof typeof NEEDS, work: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;

type PrepareOptions = { readonly connection: Connection; readonly signal: AbortSignal };

/**
 * Makes the session usable, finds the class, and calibrates AimHarder's clock over the connection that will carry the shot.
 * Stops as soon as the timetable has decided that no shot may leave for this opening.
 */
export async function prepare(
  deps: PrepareDeps,
  prebooking: Unfinished,
  { connection, signal }: PrepareOptions,
): Promise<Prepared | Decided> {
  const runStep = stepRunner(deps, prebooking, signal);
  const session = await readySession(deps, prebooking, runStep);
  const credentials = session && (await deps.tokens.decrypt(session));
  const resolved = await runStep('listing', (patience) => resolveListed(deps, prebooking, credentials, patience));
  const decided = resolved && decide(prebooking, resolved);
  if (decided) return decided;
  const listed = resolved && 'listed' in resolved ? resolved.listed : undefined;
  const cookies = credentials?.cookies ?? [];
  const found = await runStep('calibration', () =>
    calibrate({
      clock: deps.clock,
      probe: (patience) => connection.probe(cookies, patience),
      until: calibrationEnds(prebooking.opensAt, deps.clock),
      shared: deps.clockOf(prebooking.box),
      signal,
    }),
  );
  const wallMinusMonotonic = deps.clock.now() - deps.clock.monotonic();
  const calibration = found && isPlausible(found, wallMinusMonotonic) ? found : undefined;
  deps.logger.info('prebooking-prepared', {
    prebooking: prebooking.id,
    session: credentials !== undefined,
    listed: listed !== undefined,
    probes: found?.probes ?? 0,
    answers: found?.answers ?? 0,
    disagreement: found?.disagreement ?? null,
    plausible: found ? calibration !== undefined : null,
  });
  return {
    ...{ calibration, cookies },
    routeId: connection.routeId(),
    classId: listed?.classId ?? prebooking.classId,
  };
}

/** Returns a runner of steps that swallows AimHarder's failures. It rethrows any other error, and the signal's reason. */
function stepRunner({ clock, logger }: PrepareDeps, { id, opensAt }: Unfinished, signal: AbortSignal): RunStep {
  return async (step, work) => {
    const left = opensAt - clock.now();
    if (left < NEEDS[step]) return undefined;
    const patience = clock.timeout(Math.min(STEP_PATIENCE, left - COMMIT_TAKES));
    try {
      return await work(AbortSignal.any([signal, patience]));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UpstreamFailure) && !isTimeout(error)) throw error;
      const code = error instanceof UpstreamFailure ? error.code : 'upstream-timeout';
      logger.warn('preparation-step-failed', { prebooking: id, step, code });
      return undefined;
    }
  };
}

/**
 * Finds the member's background session, recovers a dead one, reserves it, refreshes a stale one and proves it. A session
 * that AimHarder seems to have ended is returned all the same: only its answer to the booking decides that.
 *
 * @returns undefined if the member has no background session.
 */
async function readySession(
  deps: PrepareDeps,
  { email, opensAt }: Unfinished,
  runStep: RunStep,
): Promise<Session | undefined> {
  const { sessions, state, refresher, clock } = deps;
  let session = await sessions.getBackgroundSession(email);
  if (session?.state === 'login-required') {
    const dead = session;
    await runStep('refresh', (patience) => refresher.recover(dead, patience));
    session = await sessions.getBackgroundSession(email);
  }
  if (session?.state !== 'active') return session;
  if (clock.now() < opensAt) await state.reserve(session, opensAt + RESERVED_AFTER);
  if (isStale(session, clock.now())) {
    const stale = session;
    await runStep('refresh', (patience) => refresher.refresh(stale, patience));
    session = await sessions.getBackgroundSession(email);
  }
  if (session?.state !== 'active') return session;
  const active = session;
  return (await runStep('proof', (patience) => proveSession(deps, active, patience))) ?? active;
}

/**
 * Proves a session with `whoami`, the only request that a dead session fails for certain. After one that names nobody, the
 * session is refreshed and looked at again. Marks a dead session, so that the member is asked to log in.
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

/**
 * Returns when the calibration has to end. While AimHarder's clock is unknown, it ends earlier than the commit requires
 * before a long wait, because that clock may be seconds ahead of ours. Once it is known, the calibration ends just in time
 * for the commit, so that little time passes between the last probe and the shot.
 */
function calibrationEnds(opensAt: Instant, clock: Clock): (known: Calibration | undefined) => Instant {
  const now = clock.monotonic();
  const wallMinusMonotonic = clock.now() - now;
  const left = opensAt - clock.now();
  const byOurs = now + left - Math.max(COMMIT_TAKES, Math.min(left / 2, 2 * COMMIT_TAKES));
  return (known) =>
    known && isPlausible(known, wallMinusMonotonic) ? opensAt - known.bounds.upper - COMMIT_TAKES : byOurs;
}

/**
 * Keeps the shot's connection open by cheap requests until an instant on our monotonic clock: a server that closes idle connections would cost the shot
 * a round trip, and the path that was measured.
 */
export async function keepOpen(
  clock: Clock,
  connection: Connection,
  {
    cookies,
    until,
    signal,
  }: { readonly cookies: readonly Cookie[]; readonly until: Instant; readonly signal: AbortSignal },
): Promise<void> {
  const from = clock.monotonic();
  const gaps = Math.max(1, Math.ceil((until - from) / LONGEST_IDLE));
  for (let gap = 1; gap < gaps; gap += 1) {
    await clock.until(from + (gap * (until - from)) / gaps, signal);
    const patience = AbortSignal.any([signal, clock.timeout(LONGEST_IDLE)]);
    // A slow answer is not waited for.
    connection.probe(cookies, patience).catch(() => undefined);
  }
  await clock.until(until, signal);
}
