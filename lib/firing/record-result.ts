import { showsPlace } from '../bookings/evidence.ts';
import { giveUpPlace } from '../bookings/give-up-place.ts';
import { type Reading, readUntilConclusive, SHOWN_WITHIN } from '../bookings/read-back.ts';
import { toIso } from '../platform/dynamodb.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import { type Cancelled, type Finished, isFinished, type Result, type Unfinished } from '../prebookings/prebooking.ts';
import { BOOKING_TAKES } from './after-shot.ts';
import { forgetRuleIfContradicted } from './opening-rule.ts';
import { reportFinished } from './report.ts';
import type { ClaimedFiring, FireDeps, FiringResult } from './take-shot.ts';
import { NO_SHOT, readOrderedPlace } from './timetable-check.ts';

export type RecordDeps = Pick<
  FireDeps,
  | 'aimHarder'
  | 'boxSettings'
  | 'claims'
  | 'clock'
  | 'learnedRules'
  | 'logger'
  | 'measure'
  | 'prebookings'
  | 'sessions'
  | 'tokens'
>;

/**
 * Records the result, and repeats that until the database answers.
 *
 * @returns the finished pre-booking; undefined if this firing lost the lease before it could record the result.
 */
export async function recordResult(
  deps: RecordDeps,
  { prebooking, lease }: Pick<ClaimedFiring, 'prebooking' | 'lease'>,
  fired: FiringResult,
  wokenLateMs: number | undefined,
  signal: AbortSignal,
): Promise<Finished | undefined> {
  const { claims, clock } = deps;
  const { classId = prebooking.classId, ...result } = fired;
  const endedAt = clock.now();
  const finished = await repeatUntilDone({ clock, until: Number.POSITIVE_INFINITY, signal }, async () => {
    const recorded = await claims.finish({ ...prebooking, classId }, lease.id, result, endedAt, wokenLateMs);
    return recorded ?? handleUnrecordedResult(deps, prebooking, fired, signal);
  });
  if (!finished) return undefined;
  reportFinished(deps, finished);
  await forgetRuleIfContradicted(deps, finished);
  return finished;
}

/**
 * Handles the loss of the lease after a commit that the database has not answered: the shot may have left. If the member has
 * cancelled meanwhile, gives back the place that the shot has booked.
 */
export async function handleLostLease(
  deps: RecordDeps,
  { prebooking }: ClaimedFiring,
  signal: AbortSignal,
): Promise<void> {
  const { clock, sessions, tokens } = deps;
  const session = await sessions.getBackgroundSession(prebooking.email);
  if (!session) return;
  // The shot may have left just now.
  await clock.until(clock.monotonic() + BOOKING_TAKES, signal);
  const query = { prebooking, classId: prebooking.classId };
  const credentials = await tokens.decrypt(session);
  const options = {
    read: () => readOrderedPlace(deps, query, credentials, signal),
    isConclusive: (reading: Reading) => showsPlace(reading) || reading.kind === 'logged-out',
    until: clock.monotonic() + SHOWN_WITHIN,
  };
  const found = await readUntilConclusive(clock, options, signal);
  if (!showsPlace(found)) return;
  await handleUnrecordedResult(
    deps,
    prebooking,
    { ...NO_SHOT, outcome: found.kind, bookingId: found.bookingId },
    signal,
  );
}

/**
 * Handles a result that was not recorded because the lease is lost. There are three causes. An earlier try, whose answer was lost,
 * may have recorded the result. Another firing may have recorded its own result. Or the member has cancelled while the database
 * did not answer the commit: then this function gives the place back. If AimHarder keeps the place, the pre-booking counts as
 * booked, and the member is notified.
 *
 * @returns the finished pre-booking, if this firing has finished it.
 */
async function handleUnrecordedResult(
  deps: RecordDeps,
  prebooking: Unfinished,
  fired: FiringResult,
  signal: AbortSignal,
): Promise<Finished | undefined> {
  const { classId = prebooking.classId, ...result } = fired;
  const stored = await deps.prebookings.find(prebooking);
  if (!stored || stored.generation !== prebooking.generation) return undefined;
  if (isFinished(stored)) return isSame(stored.result, result) ? stored : undefined;
  const hasPlace = result.outcome === 'booked' || result.outcome === 'waitlisted';
  if (stored.status !== 'cancelled' || !hasPlace) return undefined;
  if (await giveBack(deps, { ...stored, classId }, result, signal)) {
    deps.logger.warn('cancelled-booking-given-back', { prebooking: stored.id });
    return undefined;
  }
  return deps.claims.bookDespiteCancellation({ ...stored, classId }, result, deps.clock.now());
}

/** Checks whether a stored result is the one that this firing has tried to record. Instants are stored in whole milliseconds. */
const isSame = (stored: Result, own: Result): boolean =>
  stored.outcome === own.outcome &&
  stored.bookingId === own.bookingId &&
  stored.shots === own.shots &&
  (stored.firedAt && toIso(stored.firedAt)) === (own.firedAt && toIso(own.firedAt));

/** Gives back the place that a shot has booked. @returns false if AimHarder keeps it, or no session or booking id is found. */
async function giveBack(deps: RecordDeps, cancelled: Cancelled, result: Result, signal: AbortSignal): Promise<boolean> {
  const session = await deps.sessions.getBackgroundSession(cancelled.email);
  if (!session) return false;
  const credentials = await deps.tokens.decrypt(session);
  const query = { prebooking: cancelled, classId: cancelled.classId };
  // If the answer named no booking, the timetable may name it.
  const found = result.bookingId === null && (await readOrderedPlace(deps, query, credentials, signal));
  const bookingId = found && 'bookingId' in found ? found.bookingId : result.bookingId;
  return bookingId !== null && giveUpPlace(deps, credentials, { ...cancelled, bookingId }, signal);
}
