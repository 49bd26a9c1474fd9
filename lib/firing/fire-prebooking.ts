import { showsPlace } from '../bookings/evidence.ts';
import { type Reading, readUntilConclusive } from '../bookings/read-back.ts';
import type { OpeningDelay } from '../boxes/opening-delay.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { awaitInTime, repeatUntilDone } from '../platform/retry.ts';
import { type Finished, GRACE, type Unfinished } from '../prebookings/prebooking.ts';
import type { WakeUp } from '../prebookings/wake-up.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import { aim } from './aim.ts';
import { claim, type SkipReason } from './claim.ts';
import type { MovedClass } from './explain-refusal.ts';
import { follow } from './follow.ts';
import { delayToAimFor } from './opening-delay.ts';
import { keepOpen, type PreparedShot, prepare } from './prepare.ts';
import { handleLostLease, recordResult } from './record-result.ts';
import { reportClaimed } from './report.ts';
import {
  type Aims,
  type ClaimedFiring,
  type CommittedFiring,
  declineUnwantedWaitlist,
  type FireDeps,
  type FiringResult,
  takeShot,
} from './take-shot.ts';
import { foundPlace, NO_SHOT, readOrderedPlace, readResultAfterGrace } from './timetable-check.ts';

/**
 * How long before the shot the pre-booking is committed, in milliseconds. The member can cancel until shortly before then
 * (`UNCANCELLABLE_BEFORE`).
 */
export const COMMIT_BEFORE = 2 * SECOND;

/**
 * Fires one pre-booking: claims it, prepares, commits, shoots and records the result.
 *
 * @returns the finished pre-booking, or why the wake-up was skipped.
 */
export async function firePrebooking(
  deps: FireDeps,
  wakeUp: WakeUp,
  signal: AbortSignal,
): Promise<Finished | SkipReason> {
  const claimed = await claim(deps, wakeUp, signal);
  if (typeof claimed === 'string') return skip(deps, wakeUp, claimed);
  const { prebooking, lease } = claimed;
  const wokenLateMs = reportClaimed(deps, prebooking);
  const firing = { prebooking, lease, connection: deps.connect(prebooking.box) };
  const leaseSignal = AbortSignal.any([signal, lease.lost]);
  lease.startRenewing(leaseSignal);
  try {
    const fired = await prepareAndShoot(deps, firing, leaseSignal);
    if (typeof fired === 'string') return skip(deps, wakeUp, fired);
    return (await recordResult(deps, firing, fired, wokenLateMs, signal)) ?? skip(deps, wakeUp, 'lease-lost');
  } catch (error) {
    if (!lease.lost.aborted) throw error;
    if (lease.isCommitUnanswered) await handleLostLease(deps, firing, signal);
    return skip(deps, wakeUp, 'lease-lost');
  } finally {
    lease.stopRenewing();
    firing.connection.close();
  }
}

function skip({ logger }: FireDeps, { id, order }: WakeUp, reason: SkipReason): SkipReason {
  logger.info('wake-up-skipped', { prebooking: id, order, reason });
  return reason;
}

/** Prepares a claimed pre-booking, commits to it and takes the shot. */
async function prepareAndShoot(
  deps: FireDeps,
  firing: ClaimedFiring,
  signal: AbortSignal,
): Promise<FiringResult | SkipReason> {
  const { prebooking, lease, connection } = firing;
  const { clock } = deps;
  const isGraceOver = () => clock.now() > prebooking.opensAt + GRACE;
  if (isGraceOver()) return readResultAfterGrace(deps, prebooking, signal);
  const openingDelay = readOpeningDelay(deps, prebooking);
  const prepared = await prepare(deps, prebooking, { connection, signal });
  if ('result' in prepared) return prepared.result;
  if ('moved' in prepared) return fireMoved(deps, firing, prepared, signal);

  const answersBy = clock.monotonic() + DATABASE_WAIT;
  const delay = await awaitInTime({ clock, until: answersBy, signal }, openingDelay, null);
  const aims = aimShot(deps, prebooking, prepared, delay);
  const { cookies } = prepared;
  await keepOpen(clock, connection, { cookies, until: aims.aimed.sendAt - COMMIT_BEFORE, signal });
  // A laptop may have slept during the wait.
  if (isGraceOver()) return readResultAfterGrace(deps, prebooking, signal);
  lease.stopRenewing();
  const session = await findSession(deps, prebooking, prepared, aims.aimed.sendAt, signal);
  if (!session) return { ...NO_SHOT, outcome: 'login-required', bookingId: null };
  if (!(await commit(deps, firing, aims, signal))) return 'lease-lost';

  const isAsPrepared = session.tokenVersion === prepared.session?.tokenVersion;
  const credentials = (isAsPrepared && prepared.credentials) || (await deps.tokens.decrypt(session));
  const committed = { ...firing, ...aims, prepared, credentials };
  const earlier = await findEarlierBooking(deps, committed, signal);
  if (earlier) return earlier;
  await warmUp(deps, committed, signal);
  const replaceSession = () => deps.refresher.replaceRefused(session, signal);
  const fired = await takeShot({ ...deps, replaceSession }, committed, signal);
  return typeof fired === 'object' && 'moved' in fired ? fireMoved(deps, firing, fired, signal) : fired;
}

/** Follows a class that has moved: fires for its new opening, or leaves that to another wake-up. */
async function fireMoved(
  deps: FireDeps,
  firing: ClaimedFiring,
  { moved, openingRule = firing.prebooking.openingRule, shots = 0 }: MovedClass,
  signal: AbortSignal,
): Promise<FiringResult | SkipReason> {
  const prebooking = await follow(deps, firing, { moved, openingRule }, signal);
  if (typeof prebooking === 'string') return prebooking;
  const fired = await prepareAndShoot(deps, { ...firing, prebooking }, signal);
  return typeof fired === 'string' ? fired : { ...fired, shots: fired.shots + shots };
}

/**
 * How long to wait for a database answer that the shot can do without, in milliseconds; for the answer to the commit, this is the
 * least time. DynamoDB answers in about 10.
 */
const DATABASE_WAIT = 0.5 * SECOND;

/**
 * This long before the shot, the firing stops waiting for the answer to the commit, and for a session that the preparation could
 * not read; in milliseconds.
 */
const COMMITTED_BEFORE = 0.1 * SECOND;

/** Reads how late the box opens. The delay only improves the aim; if it cannot be read, the shot is aimed without it. */
const readOpeningDelay = ({ boxes, logger }: FireDeps, { id, box }: Unfinished): Promise<OpeningDelay | null> =>
  boxes.get(box).then(
    ({ openingDelay }) => openingDelay,
    (error: unknown) => {
      logger.error('unexpected-error', error, { during: 'get-box', prebooking: id });
      return null;
    },
  );

/** Aims the shot by the calibration and the box's opening delay. */
export function aimShot(
  { clock, aimSetting, random }: Pick<FireDeps, 'clock' | 'aimSetting' | 'random'>,
  { opensAt }: Pick<Unfinished, 'opensAt'>,
  { calibration }: Pick<PreparedShot, 'calibration'>,
  openingDelay: OpeningDelay | null,
): Aims {
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  const openingDelayMs = delayToAimFor(openingDelay, now, random());
  const known = { calibration, opensAt, now, monotonic, setting: aimSetting, openingDelayMs };
  return { aimed: aim(known), uncalibrated: aim({ ...known, isPathKnown: false }), openingDelay, openingDelayMs };
}

/**
 * Reads the member's background session again just before the shot. If the database does not answer in time, returns the
 * session of the preparation.
 *
 * @returns undefined if the member has no background session.
 * @throws the database's error if the preparation could not read the session either.
 */
async function findSession(
  { clock, sessions, logger }: FireDeps,
  { id, email }: Unfinished,
  { session: known }: PreparedShot,
  sendAt: Instant,
  signal: AbortSignal,
): Promise<BackgroundSession | undefined> {
  const read = () => sessions.getBackgroundSession(email);
  if (!known) return repeatUntilDone({ clock, until: sendAt - COMMITTED_BEFORE, signal }, read);
  const current = read().catch((error: unknown) => {
    logger.error('unexpected-error', error, { during: 'get-session', prebooking: id });
    return known;
  });
  return awaitInTime({ clock, until: clock.monotonic() + DATABASE_WAIT, signal }, current, known);
}

/**
 * Commits to the shot.
 *
 * @returns false if the lease is lost, because the member has cancelled or another firing has claimed the pre-booking.
 */
async function commit(
  { clock, logger }: FireDeps,
  { prebooking, lease }: ClaimedFiring,
  { aimed: { sendAt, method } }: Aims,
  signal: AbortSignal,
): Promise<boolean> {
  const answersBy = Math.max(sendAt - COMMITTED_BEFORE, clock.monotonic() + DATABASE_WAIT);
  // `commit` needs the instant of the shot on the wall clock.
  const isCommitted = await lease.commit(clock.now() + (sendAt - clock.monotonic()), answersBy, signal);
  if (isCommitted) logger.info('prebooking-committed', { prebooking: prebooking.id, method });
  return isCommitted;
}

/** How long to repeat reading an unreadable timetable if an earlier firing may have sent a shot, in milliseconds. */
const READING_LASTS = 5 * SECOND;

/**
 * Looks for a booking that an earlier firing of this pre-booking may have made before it died. That firing's lease has expired,
 * so the timetable has had time to show the booking.
 *
 * @returns undefined if a shot may leave: no earlier shot has left, or none has booked the class.
 */
async function findEarlierBooking(
  deps: FireDeps,
  { prebooking, prepared: { classId }, credentials }: CommittedFiring,
  signal: AbortSignal,
): Promise<FiringResult | SkipReason | undefined> {
  // Only a firing that has committed may have sent a shot.
  if (prebooking.status !== 'firing') return undefined;
  const now = deps.clock.monotonic();
  const options = {
    read: () => readOrderedPlace(deps, { prebooking, classId }, credentials, signal),
    isConclusive: ({ kind }: Reading) => kind !== 'unreadable',
    until: now + READING_LASTS,
  };
  const found = await readUntilConclusive(deps.clock, options, signal);
  if (found.kind === 'unreadable' || found.kind === 'logged-out') return 'timetable-unreadable';
  if (!showsPlace(found)) return undefined;
  return declineUnwantedWaitlist(deps, prebooking, credentials, foundPlace(found), signal);
}

/** The last use of the connection before the shot ends this long before the shot, in milliseconds. */
const WARMED_BEFORE = SECOND;

/**
 * The least time for that use, in milliseconds. With less time, the connection is not used, because an aborted request would close
 * it.
 */
const WARMING_TAKES = 0.5 * SECOND;

/** Uses the connection once more, so that it is still open when the shot leaves. */
export async function warmUp(
  { clock }: Pick<FireDeps, 'clock'>,
  { connection, credentials, aimed }: Pick<CommittedFiring, 'connection' | 'credentials' | 'aimed'>,
  signal: AbortSignal,
): Promise<void> {
  const timeLeft = aimed.sendAt - clock.monotonic() - WARMED_BEFORE;
  if (timeLeft > WARMING_TAKES)
    await connection.warm(credentials.cookies, AbortSignal.any([signal, clock.timeout(timeLeft)]));
}
