import type { AimHarderSession } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { readBack } from '../bookings/read-back.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import { type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { endAtLogout, refreshSession } from '../sessions/refresh.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import { type Aim, type AimSetting, aim, estimateLateness } from './aim.ts';
import { type Lease, type QuietEnd, take } from './attempt.ts';
import { learnGateBias } from './gate-bias.ts';
import { type Finished, GRACE, type Result, type Unfinished } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import { type PrepareDeps, type Prepared, prepare } from './prepare.ts';
import { type Shooting, shoot } from './shoot.ts';
import type { WakeUp } from './wake-ups.ts';

export type FireDeps = PrepareDeps & {
  readonly prebookings: PrebookingStore;
  readonly boxes: BoxStore;
  /** A connection to a box of its own, that no other request delays. */
  readonly connect: (box: string) => Connection;
  readonly aimSetting: AimSetting;
};

/** The pre-booking is committed this long before the shot leaves, in milliseconds; until then the member can cancel. */
const COMMIT_BEFORE = 2 * SECOND;

/** A wake-up later than this is told to the member, in milliseconds. */
const WORTH_TELLING = 10 * SECOND;

/** A pre-booking whose timetable cannot be read is given up only this long after its opening, in milliseconds. */
const GIVE_UP_AFTER = 10 * GRACE;

const NOTHING_SENT = {
  code: null,
  message: null,
  firedAt: null,
  latenessMs: null,
  latenessBoundMs: null,
  shots: 0,
} as const;

/**
 * Fires one pre-booking: take it, prepare, commit, hold, shoot, read the answer, record the outcome.
 *
 * @returns the finished pre-booking, or why there was nothing to do.
 */
export async function firePrebooking(
  deps: FireDeps,
  wakeUp: WakeUp,
  signal: AbortSignal,
): Promise<Finished | QuietEnd> {
  const taken = await take(deps, wakeUp);
  if (typeof taken === 'string') return quietly(deps, wakeUp, taken);
  const { prebooking, lease } = taken;
  const lateMs = wokenLate(prebooking, deps.clock.now());
  deps.measure({ WakeUpLate: lateMs });
  const alive = AbortSignal.any([signal, lease.lost]);
  const connection = deps.connect(prebooking.box);
  lease.keep(alive);
  try {
    const result = await resultOf(deps, prebooking, lease, connection, alive);
    if (typeof result === 'string') return quietly(deps, wakeUp, result);
    const noted = lateMs > WORTH_TELLING ? lateMs : undefined;
    const finished = await deps.prebookings.finish(prebooking, lease.attempt, result, deps.clock.now(), noted);
    if (!finished) return quietly(deps, wakeUp, 'lost-attempt');
    report(deps, finished);
    return finished;
  } catch (error) {
    if (lease.lost.aborted) return quietly(deps, wakeUp, 'lost-attempt');
    throw error;
  } finally {
    lease.pause();
    connection.close();
  }
}

/** After the last instant at which the Scheduler may come; an order made later than that starts the firing itself. */
const wokenLate = ({ wakesAt, createdAt }: Unfinished, now: Instant): number =>
  Math.max(0, now - Math.max(wakesAt + MINUTE, createdAt));

function quietly({ logger }: FireDeps, { id, order }: WakeUp, reason: QuietEnd): QuietEnd {
  logger.info('wake-up-ended-quietly', { prebooking: id, order, reason });
  return reason;
}

async function resultOf(
  deps: FireDeps,
  prebooking: Unfinished,
  lease: Lease,
  connection: Connection,
  signal: AbortSignal,
): Promise<Result | QuietEnd> {
  const { clock } = deps;
  const shotBefore = prebooking.status === 'firing';
  if (clock.now() > prebooking.opensAt + GRACE) return settleLate(deps, prebooking, signal);
  const prepared = await prepare(deps, prebooking, { connection, signal });
  if (prepared.already) return alreadyThere(prepared.already);

  const { gateBiasMs } = await deps.boxes.know(prebooking.box);
  const aimBy = (setting: AimSetting) =>
    aim({
      calibration: prepared.calibration,
      opensAt: prebooking.opensAt,
      now: clock.now(),
      monotonic: clock.monotonic(),
      setting,
      gateBiasMs,
    });
  const aimed = aimBy(deps.aimSetting);
  await clock.until(aimed.sendAt - COMMIT_BEFORE, signal);
  lease.pause();
  const session = await liveSession(deps, prebooking.email);
  if (!session) return { ...NOTHING_SENT, outcome: 'login-required', bookingId: null };
  if (!(await lease.commit(clock.now() + (aimed.sendAt - clock.monotonic())))) return 'lost-attempt';
  const opened = await deps.tokens.open(session);
  // An attempt before this one may have shot: the timetable knows.
  const found = shotBefore ? await readBack(deps.aimHarder, opened, prebooking, signal) : undefined;
  if (found?.kind === 'booked' || found?.kind === 'waitlisted') return alreadyThere(found);
  await warmUp(deps, connection, opened, aimed.sendAt, signal);
  // Over another connection than the one that was calibrated, only the clock is known, not the way.
  const finallyAimed = connection.way() === prepared.way ? aimed : aimBy('safe');
  return fireAt(deps, { prebooking, prepared, lease, connection, session, opened, aimed: finallyAimed }, signal);
}

type Committed = {
  readonly prebooking: Unfinished;
  readonly prepared: Prepared;
  readonly lease: Lease;
  readonly connection: Connection;
  readonly session: BackgroundSession;
  readonly opened: AimHarderSession;
  readonly aimed: Aim;
};

async function fireAt(deps: FireDeps, committed: Committed, signal: AbortSignal): Promise<Result> {
  const { prebooking, prepared, lease, connection, session, opened, aimed } = committed;
  const replaceSession = () => sessionInPlaceOf(deps, session, signal);
  // Renewing begins well after the shot has left: until then no write disturbs the hold.
  const resume = setTimeout(() => lease.keep(signal), Math.max(0, aimed.sendAt - deps.clock.monotonic()) + SECOND);
  try {
    const target = { prebooking, classId: prepared.classId, connection };
    const shooting = await shoot({ ...deps, replaceSession }, target, opened, aimed.sendAt, signal);
    await learnGateBias(deps, shooting, prepared, prebooking);
    return resultOfShooting(deps, shooting, prepared, prebooking.opensAt);
  } finally {
    clearTimeout(resume);
  }
}

function resultOfShooting(
  { clock }: FireDeps,
  shooting: Shooting,
  { calibration }: Prepared,
  opensAt: Instant,
): Result {
  const { firstShotAt, openSince: _, ...rest } = shooting;
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const { latenessMs, latenessBoundMs, firedAt } = estimateLateness({
    sentAt: firstShotAt,
    opensAt,
    calibration,
    wallMinusMonotonic,
  });
  return { ...rest, firedAt, latenessMs, latenessBoundMs };
}

async function warmUp(
  { clock }: FireDeps,
  connection: Connection,
  { cookies }: AimHarderSession,
  sendAt: Instant,
  signal: AbortSignal,
): Promise<void> {
  const left = sendAt - clock.monotonic() - SECOND;
  if (left > 0) await connection.warm(cookies, AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(left))]));
}

const alreadyThere = ({
  kind,
  bookingId,
}: {
  readonly kind: 'booked' | 'waitlisted';
  readonly bookingId: string | null;
}): Result => ({
  ...NOTHING_SENT,
  outcome: kind === 'booked' ? 'already-booked' : 'waitlisted',
  bookingId,
});

async function liveSession({ sessions }: FireDeps, email: string): Promise<BackgroundSession | undefined> {
  const session = await sessions.getBackgroundSession(email);
  return session?.state === 'active' ? session : undefined;
}

/** After `logout:1`: a login may have brought a newer token; else one refresh is tried; else the session is marked dead. */
async function sessionInPlaceOf(
  deps: FireDeps,
  refused: BackgroundSession,
  signal: AbortSignal,
): Promise<AimHarderSession | undefined> {
  const session = await liveSession(deps, refused.email);
  if (!session) return undefined;
  if (session.tokenVersion !== refused.tokenVersion) return deps.tokens.open(session);
  const outcome = await refreshSession(deps, session, signal);
  if (outcome.kind === 'refreshed') return deps.tokens.open(outcome.session);
  if (outcome.kind === 'failed') await endAtLogout(deps, session);
  return undefined;
}

/** Woken after the grace: nothing is booked any more, but an earlier attempt may have, and the timetable tells. */
async function settleLate(deps: FireDeps, prebooking: Unfinished, signal: AbortSignal): Promise<Result | QuietEnd> {
  const session = await liveSession(deps, prebooking.email);
  const found = session && (await readBack(deps.aimHarder, await deps.tokens.open(session), prebooking, signal));
  if (found?.kind === 'booked' || found?.kind === 'waitlisted') return { ...alreadyThere(found), outcome: found.kind };
  const worthAsking = found?.kind === 'unreadable' && deps.clock.now() < prebooking.opensAt + GIVE_UP_AFTER;
  return worthAsking ? 'not-settled-yet' : { ...NOTHING_SENT, outcome: 'missed', bookingId: null };
}

function report({ logger, measure }: FireDeps, { id, order, box, status, result }: Finished): void {
  const { outcome, code, latenessMs, latenessBoundMs, shots } = result;
  const shot = latenessMs === null ? {} : { LatenessMs: latenessMs, Shots: shots };
  measure({ PrebookingFinished: 1, ...shot }, outcome);
  logger.info('prebooking-finished', {
    prebooking: id,
    order,
    box,
    status,
    outcome,
    code,
    latenessMs,
    latenessBoundMs,
    shots,
  });
}
