import type { AimHarderSession } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import { type Finished, GRACE, type Unfinished } from '../prebookings/prebooking.ts';
import type { WakeUp } from '../prebookings/wake-ups.ts';
import { activeBackgroundSession } from '../refresh/refresh-session.ts';
import { type AimSetting, aim } from './aim.ts';
import { claim, type SkipReason } from './claim.ts';
import { delayToAimFor } from './opening-delay.ts';
import { type Prepared, prepare } from './prepare.ts';
import {
  type Aims,
  type ClaimedFiring,
  declineUnwantedWaitlist,
  type FireDeps,
  type Fired,
  takeShot,
} from './take-shot.ts';
import { foundBooked, NO_SHOT, readUntilAnswered, resolveExpired } from './timetable-check.ts';

/** The pre-booking is committed this long before the shot leaves, in milliseconds; until then the member can cancel. */
const COMMIT_BEFORE = 2 * SECOND;

/** A connection is not warmed later than this before the shot, in milliseconds: given up, it would take itself along. */
const LAST_WARMING = 1.5 * SECOND;

/**
 * Fires one pre-booking: take it, prepare, commit, hold, shoot, read the answer, record the outcome.
 *
 * @returns the finished pre-booking, or why there was nothing to do.
 */
export async function firePrebooking(
  deps: FireDeps,
  wakeUp: WakeUp,
  signal: AbortSignal,
): Promise<Finished | SkipReason> {
  const taken = await claim(deps, wakeUp);
  if (typeof taken === 'string') return skip(deps, wakeUp, taken);
  const { prebooking, holdLease: lease } = taken;
  const lateMs = reportClaimed(deps, prebooking);
  const alive = AbortSignal.any([signal, lease.lost]);
  const connection = deps.connect(prebooking.box);
  lease.startRenewing(alive);
  try {
    const end = await resultOf(deps, { prebooking, lease, connection }, alive);
    if (typeof end === 'string') return skip(deps, wakeUp, end);
    const { classId = prebooking.classId, ...result } = end;
    const fired = { ...prebooking, classId };
    const finished = await deps.prebookings.finish(fired, lease.id, result, deps.clock.now(), lateMs);
    if (!finished) return skip(deps, wakeUp, 'lost-attempt');
    reportFinished(deps, finished);
    return finished;
  } catch (error) {
    if (lease.lost.aborted) return skip(deps, wakeUp, 'lost-attempt');
    throw error;
  } finally {
    lease.stopRenewing();
    connection.close();
  }
}

function skip({ logger }: FireDeps, { id, order }: WakeUp, reason: SkipReason): SkipReason {
  logger.info('wake-up-skipped', { prebooking: id, order, reason });
  return reason;
}

async function resultOf(deps: FireDeps, attempted: ClaimedFiring, signal: AbortSignal): Promise<Fired | SkipReason> {
  const { prebooking, lease, connection } = attempted;
  const { clock } = deps;
  const isPast = () => clock.now() > prebooking.opensAt + GRACE;
  if (isPast()) return resolveExpired(deps, prebooking, signal);
  const prepared = await prepare(deps, prebooking, { connection, signal });
  if (prepared.alreadyBooked) return foundBooked(prepared.alreadyBooked);

  const aims = await aimsFor(deps, prebooking, prepared);
  await clock.until(aims.aimed.sendAt - COMMIT_BEFORE, signal);
  // A machine that slept meanwhile wakes up late.
  if (isPast()) return resolveExpired(deps, prebooking, signal);
  lease.stopRenewing();
  const session = await activeBackgroundSession(deps, prebooking.email);
  if (!session) return { ...NO_SHOT, outcome: 'login-required', bookingId: null };
  if (!(await lease.commit(clock.now() + (aims.aimed.sendAt - clock.monotonic())))) return 'lost-attempt';
  deps.logger.info('prebooking-committed', { prebooking: prebooking.id, method: aims.aimed.method });
  const opened = await deps.tokens.decrypt(session);
  if (prebooking.status === 'firing') {
    // An attempt before this one may have shot: the timetable knows.
    const found = await readUntilAnswered(deps, { prebooking, classId: prepared.classId }, opened, signal);
    if (found.kind === 'unreadable' || found.kind === 'logged-out') return 'not-settled-yet';
    if (found.kind === 'booked' || found.kind === 'waitlisted')
      return declineUnwantedWaitlist(deps, prebooking, opened, foundBooked(found), signal);
  }
  await warmUp(deps, connection, opened, aims.aimed.sendAt, signal);
  const replaceSession = () => deps.refresher.replaceRefused(session, signal);
  return takeShot({ ...deps, replaceSession }, { ...attempted, ...aims, prepared, opened }, signal);
}

/** What is remembered of a box only makes the aim better: that it cannot be read costs no shot. */
async function aimsFor(
  { clock, boxes, aimSetting, logger }: FireDeps,
  { id, box, opensAt }: Unfinished,
  { calibration }: Prepared,
): Promise<Aims> {
  const { openingDelay } = await boxes.get(box).catch((error: unknown) => {
    logger.error('unexpected-error', error, { during: 'get-box', prebooking: id });
    return { openingDelay: null };
  });
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  const gateBiasMs = delayToAimFor(openingDelay, now);
  const by = (setting: AimSetting) => aim({ calibration, opensAt, now, monotonic, setting, gateBiasMs });
  return { aimed: by(aimSetting), uncalibrated: by('safe'), openingDelay };
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

type Deps = Pick<FireDeps, 'clock' | 'logger' | 'measure'>;

/** An order made later than this before its opening, in milliseconds, says nothing of the Scheduler, nor of the aim. */
const ORDERED_IN_TIME = 5 * SECOND;

/** A wake-up later than this is told to the member, in milliseconds. */
const WORTH_TELLING = 10 * SECOND;

/**
 * A wake-up is late by the Scheduler's minute; of an order that came later than its wake-up, by the order.
 *
 * @returns how late, in milliseconds, where that is worth telling.
 */
function reportClaimed({ clock, logger, measure }: Deps, prebooking: Unfinished): number | undefined {
  const { id, generation, status, lease, wakesAt, createdAt } = prebooking;
  logger.info('prebooking-claimed', { prebooking: id, order: generation, status });
  // Whoever takes over from another attempt was not woken late.
  if (status !== 'pending' || lease !== null) return undefined;
  const lateMs = Math.max(0, clock.now() - Math.max(wakesAt + MINUTE, createdAt));
  measure({ WakeUpLate: lateMs });
  return lateMs > WORTH_TELLING ? lateMs : undefined;
}

function reportFinished({ logger, measure }: Deps, finished: Finished): void {
  const { id, generation, box, status, result, opensAt, createdAt } = finished;
  const { outcome, code, latenessMs, latenessBoundMs, shots, aimedBy } = result;
  measure({ PrebookingFinished: 1 }, outcome);
  if (latenessMs !== null && createdAt < opensAt - ORDERED_IN_TIME)
    // CloudWatch has no percentiles of negative values.
    measure({ LatenessMs: Math.max(0, latenessMs), EarlyShots: latenessMs < 0 ? 1 : 0, Shots: shots });
  logger.info('prebooking-finished', {
    ...{ prebooking: id, order: generation, box, status, outcome, code, latenessMs, latenessBoundMs, shots, aimedBy },
  });
}
