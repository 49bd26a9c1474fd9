import { isShown } from '../bookings/evidence.ts';
import { leaveWaitlist } from '../bookings/leave-waitlist.ts';
import { lookUntilSettled, type Reading, SHOWN_WITHIN } from '../bookings/read-back.ts';
import { toIso } from '../platform/dynamodb.ts';
import { repeatUntilDone } from '../platform/persistence.ts';
import { type Cancelled, type Finished, isFinished, type Result, type Unfinished } from '../prebookings/prebooking.ts';
import { reviewOpeningRule } from './opening-rule.ts';
import { reportFinished } from './report.ts';
import { BOOKING_TAKES } from './settle-shot.ts';
import type { ClaimedFiring, FireDeps, Fired } from './take-shot.ts';
import { NO_SHOT, readTimetable } from './timetable-check.ts';

/**
 * Records the result, and tries until the database answers. @returns the finished pre-booking; undefined if the lease was
 * lost.
 */
export async function record(
  deps: FireDeps,
  { prebooking, lease }: ClaimedFiring,
  fired: Fired,
  wokenLateMs: number | undefined,
  signal: AbortSignal,
): Promise<Finished | undefined> {
  const { claims, clock } = deps;
  const { classId = prebooking.classId, ...result } = fired;
  const endedAt = clock.now();
  const finished = await repeatUntilDone({ clock, until: Number.POSITIVE_INFINITY, signal }, async () => {
    const recorded = await claims.finish({ ...prebooking, classId }, lease.id, result, endedAt, wokenLateMs);
    return recorded ?? resolveUnrecorded(deps, prebooking, fired, signal);
  });
  if (!finished) return undefined;
  reportFinished(deps, finished);
  await reviewOpeningRule(deps, finished);
  return finished;
}

/**
 * Resolves a firing that has lost its lease after a commit without an answer: its shot may have left. If the member has
 * cancelled, a place that the shot has made is given back.
 */
export async function resolveLost(deps: FireDeps, { prebooking }: ClaimedFiring, signal: AbortSignal): Promise<void> {
  const { clock, sessions, tokens } = deps;
  const session = await sessions.getBackgroundSession(prebooking.email);
  if (!session) return;
  await clock.until(clock.monotonic() + BOOKING_TAKES, signal);
  const query = { prebooking, classId: prebooking.classId };
  const credentials = await tokens.decrypt(session);
  const options = {
    read: () => readTimetable(deps, query, credentials, signal),
    settles: (reading: Reading) => isShown(reading) || reading.kind === 'logged-out',
    until: clock.monotonic() + SHOWN_WITHIN,
  };
  const found = await lookUntilSettled(clock, options, signal);
  if (!isShown(found)) return;
  await resolveUnrecorded(deps, prebooking, { ...NO_SHOT, outcome: found.kind, bookingId: found.bookingId }, signal);
}

/**
 * Resolves a result that was not recorded because the lease is gone. Either an earlier try whose answer was lost has
 * recorded it; or another firing has; or the member has cancelled while the database did not answer the commit. Then the
 * place is given back, as an early cancellation. If AimHarder keeps it, the pre-booking counts as booked, and the member is
 * told so.
 *
 * @returns the finished pre-booking, if this firing has finished it.
 */
async function resolveUnrecorded(
  deps: FireDeps,
  prebooking: Unfinished,
  fired: Fired,
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

const isSame = (one: Result, other: Result): boolean =>
  one.outcome === other.outcome &&
  one.bookingId === other.bookingId &&
  one.shots === other.shots &&
  (one.firedAt && toIso(one.firedAt)) === (other.firedAt && toIso(other.firedAt));

/** @returns false if AimHarder keeps the place, or the place cannot be found. */
async function giveBack(deps: FireDeps, cancelled: Cancelled, result: Result, signal: AbortSignal): Promise<boolean> {
  const session = await deps.sessions.getBackgroundSession(cancelled.email);
  if (!session) return false;
  const credentials = await deps.tokens.decrypt(session);
  const query = { prebooking: cancelled, classId: cancelled.classId };
  const found = result.bookingId === null && (await readTimetable(deps, query, credentials, signal));
  const bookingId = found && 'bookingId' in found ? found.bookingId : result.bookingId;
  return bookingId !== null && leaveWaitlist(deps, credentials, { ...cancelled, bookingId }, signal);
}
