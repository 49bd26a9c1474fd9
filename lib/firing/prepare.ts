import { type Calibration, calibrate, type SharedCalibration } from '../aimharder/calibration.ts';
import { type AimHarderSession, type ListedClass, matchClass, UpstreamFailure } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { isTimeout } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { type BackgroundSession, isStale, needsLogin, type Session } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';

/** What is known when the preparation ends. Whatever failed is simply not known: the shot is sent all the same. */
export type Prepared = {
  readonly calibration: Calibration | undefined;
  /** The way that the calibration holds for (`Connection.way`). */
  readonly routeId: string;
  /** The slot id as the timetable has it now; null while that does not show the class. */
  readonly classId: string | null;
  /** The member has the place already, by whatever way. */
  readonly alreadyBooked: { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null } | null;
};

/**
 * The steps of the preparation and the time before the opening, in milliseconds, that each must still find: late
 * wake-ups leave out the least important first. AimHarder answers in 0.4 to 1.7 s.
 */
const NEEDS = { refresh: 9 * SECOND, proof: 7 * SECOND, listing: 5 * SECOND, calibration: 4 * SECOND } as const;

/** How long after the opening no refresh may rotate the token: the ladder, the reading back, and some more. */
const HOLD_AFTER = 3 * MINUTE;

/** One step may take this long, in milliseconds, or what is left. */
const STEP_PATIENCE = 8 * SECOND;

/** Left for the commit and the last look at the session, in milliseconds, when the calibration ends. */
const COMMIT_TAKES = 2.5 * SECOND;

export type PrepareDeps = MemberUpstream & {
  readonly state: Pick<SessionState, 'reserve'>;
  readonly logger: Logger;
  /** What the connections of this process tell each other of a box's clock. */
  readonly clockOf: (box: string) => SharedCalibration;
};

/** Makes the session live, finds the class, and learns AimHarder's clock over the connection that will carry the shot. */
export async function prepare(
  deps: PrepareDeps,
  prebooking: Unfinished,
  { connection, signal }: { readonly connection: Connection; readonly signal: AbortSignal },
): Promise<Prepared> {
  const left = () => prebooking.opensAt - deps.clock.now();
  const step = <T>(name: keyof typeof NEEDS, work: (signal: AbortSignal) => Promise<T>) =>
    left() < NEEDS[name] ? undefined : attemptStep(deps, { prebooking: prebooking.id, step: name, left }, work, signal);

  let session = await deps.sessions.getBackgroundSession(prebooking.email);
  if (session?.state === 'login-required') {
    const dead = session;
    await step('refresh', (patience) => deps.refresher.recover(dead, patience));
    session = await deps.sessions.getBackgroundSession(prebooking.email);
  }
  if (session?.state === 'active' && left() > 0) await deps.state.reserve(session, prebooking.opensAt + HOLD_AFTER);
  const stale = session?.state === 'active' && isStale(session, deps.clock.now());
  if (stale) {
    await step('refresh', (patience) => refresh(deps, session, patience));
    session = await deps.sessions.getBackgroundSession(prebooking.email);
  }
  const live = session?.state === 'active' ? session : undefined;
  const proven = live && ((await step('proof', (patience) => proveSession(deps, live, patience))) ?? live);
  const opened = proven && (await deps.tokens.decrypt(proven));
  const classes = await step('listing', (patience) => timetable(deps, opened, prebooking, patience));
  const listed =
    classes &&
    matchClass(classes, { classId: prebooking.classId, start: prebooking.classTime, name: prebooking.className });
  const calibration = await step('calibration', () =>
    calibrate({
      clock: deps.clock,
      probe: (patience) => connection.probe(opened?.cookies ?? [], patience),
      until: calibrationEnds(prebooking.opensAt, deps.clock.monotonic(), left()),
      shared: deps.clockOf(prebooking.box),
      signal,
    }),
  );
  deps.logger.info('prebooking-prepared', {
    prebooking: prebooking.id,
    session: opened !== undefined,
    listed: listed !== undefined,
    probes: calibration?.probes ?? 0,
    answers: calibration?.answers ?? 0,
    disagreement: calibration?.disagreement ?? null,
  });
  return {
    calibration,
    routeId: connection.routeId(),
    classId: listed?.classId ?? prebooking.classId,
    alreadyBooked: listed?.mine ? { kind: listed.mine, bookingId: listed.bookingId } : null,
  };
}

type Step = { readonly prebooking: string; readonly step: keyof typeof NEEDS; readonly left: () => number };

/** A step that AimHarder fails is left out; a bug or the end of the attempt is not. */
async function attemptStep<T>(
  { logger }: PrepareDeps,
  { prebooking, step, left }: Step,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    const patience = Math.ceil(Math.max(0, Math.min(STEP_PATIENCE, left() - COMMIT_TAKES)));
    return await work(AbortSignal.any([signal, AbortSignal.timeout(patience)]));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof UpstreamFailure) && !isTimeout(error)) throw error;
    logger.warn('preparation-step-failed', {
      prebooking,
      step,
      code: error instanceof UpstreamFailure ? error.code : 'upstream-timeout',
    });
    return undefined;
  }
}

async function refresh(
  deps: MemberUpstream,
  session: BackgroundSession | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (session) await deps.refresher.refresh(session, signal);
}

/**
 * Only `whoami` tells a live session from a dead one. A dead one is marked, so that the member is told to log in.
 *
 * @returns the session to go on with: another caller may have renewed it, or a kept password replaced it.
 */
async function proveSession(deps: MemberUpstream, session: BackgroundSession, signal: AbortSignal): Promise<Session> {
  const proof = await deps.aimHarder.whoAmI(await deps.tokens.decrypt(session), signal);
  if (proof.kind === 'member') return session;
  const renewed = await deps.refresher.awaitRenewal(session, signal);
  if (renewed) return renewed;
  const dead = await deps.sessions.find(session);
  return (dead && needsLogin(dead) && (await deps.refresher.recover(dead, signal))) || session;
}

const timetable = (
  { aimHarder }: MemberUpstream,
  opened: AimHarderSession | undefined,
  { box, boxId, day, familyId }: Unfinished,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> =>
  aimHarder.listClasses(opened, { box, boxId, day, familyId: familyId ?? undefined }, signal);

/**
 * When the calibration has to end. Of a long wait it leaves more than the commit takes, because AimHarder's clock may be
 * seconds ahead of ours; as soon as it has found out, it ends before the opening by that clock.
 */
const calibrationEnds = (opensAt: Instant, now: Instant, left: number) => {
  const byOurs = now + left - Math.max(COMMIT_TAKES, Math.min(left / 2, 2 * COMMIT_TAKES));
  return (known: Calibration | undefined): Instant =>
    known ? Math.min(byOurs, opensAt - known.bounds.upper - COMMIT_TAKES) : byOurs;
};
