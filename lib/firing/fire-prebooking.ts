import type { AimHarderSession } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { ruleOf } from '../bookings/book-class.ts';
import { giveBack } from '../bookings/leave-waitlist.ts';
import type { BoxStore } from '../boxes/box-store.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { type Finished, GRACE, type Result, type Unfinished } from '../prebookings/prebooking.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { openingBy } from '../prebookings/resolve-opening.ts';
import type { WakeUp } from '../prebookings/wake-ups.ts';
import { liveSession, sessionInPlaceOf } from '../refresh/session-in-place.ts';
import { type Aim, type AimSetting, aim, estimateLateness } from './aim.ts';
import { type Lease, type QuietEnd, take } from './claim.ts';
import { classAtOpening } from './find-class.ts';
import { gateBias, learnGate } from './opening-delay.ts';
import { type PrepareDeps, type Prepared, prepare } from './prepare.ts';
import { reportFinished, reportTaken } from './report.ts';
import { alreadyThere, NOTHING_SENT, settleLate } from './settle.ts';
import { type Shooting, shoot } from './shoot.ts';
import { readUntilAnswered } from './timetable-check.ts';

export type FireDeps = PrepareDeps & {
  readonly prebookings: PrebookingStore;
  readonly boxes: BoxStore;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  /** A connection to a box of its own, that no other request delays. */
  readonly connect: (box: string) => Connection;
  readonly aimSetting: AimSetting;
};

/** The pre-booking is committed this long before the shot leaves, in milliseconds; until then the member can cancel. */
const COMMIT_BEFORE = 2 * SECOND;

/** A connection is not warmed later than this before the shot, in milliseconds: given up, it would take itself along. */
const LAST_WARMING = 1.5 * SECOND;

/** An opening that AimHarder puts off is believed when it is still so far ahead, in milliseconds, that there is time. */
const WORTH_POSTPONING = 30 * SECOND;

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
  const lateMs = reportTaken(deps, prebooking);
  const alive = AbortSignal.any([signal, lease.lost]);
  const connection = deps.connect(prebooking.box);
  lease.keep(alive);
  try {
    const end = await resultOf(deps, { prebooking, lease, connection }, alive);
    if (typeof end === 'string') return quietly(deps, wakeUp, end);
    const { classId = prebooking.classId, ...result } = end;
    const fired = { ...prebooking, classId };
    const finished = await deps.prebookings.finish(fired, lease.attempt, result, deps.clock.now(), lateMs);
    if (!finished) return quietly(deps, wakeUp, 'lost-attempt');
    reportFinished(deps, finished);
    return finished;
  } catch (error) {
    if (lease.lost.aborted) return quietly(deps, wakeUp, 'lost-attempt');
    throw error;
  } finally {
    lease.pause();
    connection.close();
  }
}

function quietly({ logger }: FireDeps, { id, order }: WakeUp, reason: QuietEnd): QuietEnd {
  logger.info('wake-up-ended-quietly', { prebooking: id, order, reason });
  return reason;
}

/** The outcome, and the slot id of a class that was found only now. */
type Fired = Result & { readonly classId?: string };

type Attempted = { readonly prebooking: Unfinished; readonly lease: Lease; readonly connection: Connection };

async function resultOf(deps: FireDeps, attempted: Attempted, signal: AbortSignal): Promise<Fired | QuietEnd> {
  const { prebooking, lease, connection } = attempted;
  const { clock } = deps;
  const isPast = () => clock.now() > prebooking.opensAt + GRACE;
  if (isPast()) return settleLate(deps, prebooking, signal);
  const prepared = await prepare(deps, prebooking, { connection, signal });
  if (prepared.already) return alreadyThere(prepared.already);

  const aims = await aimsFor(deps, prebooking, prepared);
  await clock.until(aims.aimed.sendAt - COMMIT_BEFORE, signal);
  // A machine that slept meanwhile wakes up late.
  if (isPast()) return settleLate(deps, prebooking, signal);
  lease.pause();
  const session = await liveSession(deps, prebooking.email);
  if (!session) return { ...NOTHING_SENT, outcome: 'login-required', bookingId: null };
  if (!(await lease.commit(clock.now() + (aims.aimed.sendAt - clock.monotonic())))) return 'lost-attempt';
  deps.logger.info('prebooking-committed', { prebooking: prebooking.id, method: aims.aimed.method });
  const opened = await deps.tokens.open(session);
  if (prebooking.status === 'firing') {
    // An attempt before this one may have shot: the timetable knows.
    const found = await readUntilAnswered(deps, { prebooking, classId: prepared.classId }, opened, signal);
    if (found.kind === 'unreadable' || found.kind === 'logged-out') return 'not-settled-yet';
    if (found.kind === 'booked' || found.kind === 'waitlisted')
      return wanted(deps, prebooking, opened, alreadyThere(found), signal);
  }
  await warmUp(deps, connection, opened, aims.aimed.sendAt, signal);
  const replaceSession = () => sessionInPlaceOf(deps, session, signal);
  return fireAt({ ...deps, replaceSession }, { ...attempted, ...aims, prepared, opened }, signal);
}

type Aims = {
  readonly aimed: Aim;
  readonly elsewhere: Aim;
  readonly gate: Awaited<ReturnType<BoxStore['know']>>['gate'];
};

/** What is remembered of a box only makes the aim better: that it cannot be read costs no shot. */
async function aimsFor(
  { clock, boxes, aimSetting, logger }: FireDeps,
  { id, box, opensAt }: Unfinished,
  { calibration }: Prepared,
): Promise<Aims> {
  const { gate } = await boxes.know(box).catch((error: unknown) => {
    logger.error('bug', error, { during: 'know-box', prebooking: id });
    return { gate: null };
  });
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  const gateBiasMs = gateBias(gate, now);
  const by = (setting: AimSetting) => aim({ calibration, opensAt, now, monotonic, setting, gateBiasMs });
  return { aimed: by(aimSetting), elsewhere: by('safe'), gate };
}

type Committed = Attempted &
  Aims & {
    readonly prepared: Prepared;
    readonly opened: AimHarderSession;
  };

type FireAtDeps = FireDeps & { readonly replaceSession: () => Promise<AimHarderSession | undefined> };

async function fireAt(deps: FireAtDeps, committed: Committed, signal: AbortSignal): Promise<Fired | QuietEnd> {
  const { prebooking, prepared, lease, connection, opened, aimed, elsewhere } = committed;
  const { clock } = deps;
  // Over another connection than the one that was calibrated, only the clock is known, not the way.
  const { sendAt, method } = connection.way() === prepared.way ? aimed : elsewhere;
  // Renewing begins well after the shot has left: until then no write disturbs the hold.
  const resume = setTimeout(() => lease.keep(signal), Math.max(0, sendAt - clock.monotonic()) + SECOND);
  try {
    const found =
      prepared.classId === null
        ? await classAtOpening(clock, connection, opened, prebooking, sendAt, signal)
        : { classId: prepared.classId };
    if (typeof found === 'string') return { ...NOTHING_SENT, outcome: 'class-not-found', bookingId: null };
    const plan = {
      sendAt: prepared.classId === null ? clock.monotonic() : sendAt,
      sendAtElsewhere: elsewhere.sendAt,
      shotsBefore: prebooking.status === 'firing' ? prebooking.shots : 0,
    };
    const target = { prebooking, classId: found.classId, connection };
    const shooting = await shoot({ ...deps, note: lease.note }, target, opened, plan, signal);
    const { calibration } = prepared;
    await learnGate(deps, prebooking.box, committed.gate, shooting, { ...prebooking, calibration }, clock.now());
    if (await postponed(deps, committed, shooting)) return 'postponed';
    const result = resultOfShooting(deps, shooting, committed, method);
    return { ...(await wanted(deps, prebooking, shooting.session, result, signal)), ...found };
  } finally {
    clearTimeout(resume);
  }
}

function resultOfShooting(
  { clock }: FireDeps,
  { outcome, bookingId, code, message, shots, firstShotAt }: Shooting,
  { prebooking: { opensAt }, prepared: { calibration } }: Committed,
  aimedBy: Aim['method'],
): Result {
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const { latenessMs, latenessBoundMs, firedAt } = estimateLateness({
    ...{ sentAt: firstShotAt, opensAt, calibration, wallMinusMonotonic },
  });
  return { outcome, bookingId, code, message, shots, firedAt, latenessMs, latenessBoundMs, aimedBy };
}

/** AimHarder's last word was that bookings open later, and when: the order waits for that. */
async function postponed(
  { prebookings, boxes, boxSettings, clock, logger }: FireDeps,
  { prebooking, lease }: Committed,
  { outcome, rule: told }: Shooting,
): Promise<boolean> {
  if (outcome !== 'too-early') return false;
  const rule = told && ruleOf(told);
  await (rule ? boxes.learnRule(prebooking.box, rule) : boxes.forgetRule(prebooking.box)).catch((error: unknown) =>
    logger.error('bug', error, { during: 'learn-rule', prebooking: prebooking.id }),
  );
  const opensAt = rule && openingBy({ boxSettings }, rule, prebooking);
  if (opensAt === null || opensAt < clock.now() + WORTH_POSTPONING || opensAt >= prebooking.classStartsAt) return false;
  logger.warn('prebooking-postponed', { prebooking: prebooking.id, order: prebooking.order });
  return prebookings.postpone(prebooking, lease.attempt, opensAt, clock.now());
}

/** A place on the waitlist that the member does not want is given back. */
async function wanted(
  { aimHarder }: FireDeps,
  prebooking: Unfinished,
  session: AimHarderSession,
  result: Result,
  signal: AbortSignal,
): Promise<Result> {
  const { bookingId, outcome } = result;
  if (prebooking.whenFull !== 'skip' || outcome !== 'waitlisted' || bookingId === null) return result;
  const isGone = await giveBack(aimHarder, session, { ...prebooking, bookingId }, signal);
  return isGone ? { ...result, outcome: 'class-full', bookingId: null } : result;
}

async function warmUp(
  { clock }: FireDeps,
  connection: Connection,
  { cookies }: AimHarderSession,
  sendAt: Instant,
  signal: AbortSignal,
): Promise<void> {
  const left = sendAt - clock.monotonic() - SECOND;
  if (left > LAST_WARMING - SECOND)
    await connection.warm(cookies, AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(left))]));
}
