import type { AdvanceRule, AimHarderSession, BookingAnswer } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import {
  type Conclusion,
  conclude,
  isNotShown,
  isShown,
  mayStillSucceed,
  meaningOf,
  settles,
  UNREAD,
} from '../bookings/evidence.ts';
import { lookUntilSettled, type Reading, SHOWN_WITHIN } from '../bookings/read-back.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { GRACE, type Unfinished } from '../prebookings/prebooking.ts';
import { readTimetable, type TimetableDeps } from './timetable-check.ts';

export type ShootDeps = TimetableDeps & {
  /** Replaces a session that AimHarder has just refused, by a newer or refreshed one. @returns undefined if there is none. */
  readonly replaceSession: () => Promise<AimHarderSession | undefined>;
  /**
   * Records the number of shots, including the next one, which leaves at `leavesAt` on the monotonic clock.
   *
   * @throws if this firing may no longer send that shot.
   */
  readonly recordShots: (shots: number, leavesAt: Instant) => Promise<void>;
  /** Checks in the timetable whether the class has moved, or was cancelled, since the preparation; false if it is unreadable. */
  readonly hasChanged: (session: AimHarderSession) => Promise<boolean>;
  /** Returns when a repeated shot may leave, at `at` or later, so that an AimHarder that turns shots away gets few at once. */
  readonly pace: (at: Instant) => Instant;
  /** Returns a random number from 0 to 1. */
  readonly random: () => number;
};

export type Target = { readonly prebooking: Unfinished; readonly classId: string; readonly connection: Connection };

/** The most shots after answers that were lost or not understood. Before each, the timetable has shown no booking. */
const MAX_RECOVERIES = 2;

/** How long AimHarder may take for a booking whose answer is lost, in milliseconds; 0.4 to 1.7 s were observed. */
export const BOOKING_TAKES = 2 * SECOND;

export type Progress = {
  session: AimHarderSession;
  shots: number;
  recoveries: number;
  /** How many shots in a row were turned away or never left. */
  turnedAway: number;
  /** Whether an earlier shot with an unclear answer may have made the booking. */
  mayBeOurs: boolean;
  /** Whether the last shot was refused as too early, or in unknown words that most likely mean the same. */
  tooEarly: boolean;
  /** Whether the class has changed; undefined until the timetable is read to find out why the shots come too early. */
  changed: Promise<boolean> | undefined;
  loggedOut: boolean;
  acceptWaitlist: boolean;
  firstShotAt: Instant | undefined;
  refusedAt: Instant | null;
  admittedAt: Instant | null;
  rule: AdvanceRule | null;
};

export type Shot = { readonly answer: BookingAnswer; readonly sentAt: Instant };
/** What follows a shot: the end, or another shot at an instant on our monotonic clock. */
export type Next = { readonly end: Conclusion } | { readonly at: Instant };

export const mayShootAgain = ({ clock }: ShootDeps, { prebooking }: Target): boolean =>
  clock.now() <= prebooking.opensAt + GRACE;

/** Replaces the session after AimHarder has refused it, at most once. @returns whether it was replaced. */
export async function replaceSession(deps: ShootDeps, progress: Progress): Promise<boolean> {
  const replacement = progress.loggedOut ? undefined : await deps.replaceSession();
  if (!replacement) return false;
  progress.loggedOut = true;
  progress.session = replacement;
  return true;
}

/**
 * Settles a shot by the timetable. Another shot leaves for the waitlist, at once unless an earlier shot may have booked; or
 * once the timetable has had time to show a booking and shows none.
 */
export async function settleShot(
  deps: ShootDeps,
  target: Target,
  progress: Progress,
  { answer, sentAt }: Shot,
  signal: AbortSignal,
): Promise<Next> {
  const asksForWaitlist =
    answer.kind === 'class-full' && target.prebooking.whenFull === 'waitlist' && !progress.acceptWaitlist;
  const isAtOnce = asksForWaitlist && !progress.mayBeOurs && mayShootAgain(deps, target);
  const reading = isAtOnce ? UNREAD : await readBack(deps, target, progress, { answer, sentAt }, signal);
  if (!isShown(reading) && mayShootAgain(deps, target)) {
    const again = { at: deps.clock.monotonic() };
    if (asksForWaitlist) {
      progress.acceptWaitlist = true;
      return again;
    }
    if (
      meaningOf(answer) === 'unclear' &&
      answer.kind !== 'unknown' &&
      isNotShown(reading) &&
      progress.recoveries < MAX_RECOVERIES
    ) {
      progress.recoveries += 1;
      return again;
    }
  }
  return { end: conclude(answer, reading, progress.mayBeOurs) };
}

/**
 * Reads the result of the shots from the timetable, repeatedly while it may lag behind or is unreadable within the grace. After a
 * refusal in known words it reads a second time, when the timetable no longer lags behind: nobody waits for this result.
 */
async function readBack(
  deps: ShootDeps,
  target: Target,
  progress: Progress,
  { answer, sentAt }: Shot,
  signal: AbortSignal,
): Promise<Reading> {
  const { clock } = deps;
  const read = () => readTimetable(deps, target, progress.session, signal);
  const now = clock.monotonic();
  const isRefused = meaningOf(answer) === 'refused' && !progress.mayBeOurs;
  const doneAt = mayStillSucceed(answer) ? Math.max(now, sentAt + BOOKING_TAKES) : now;
  const options = {
    async read() {
      const reading = await read();
      return reading.kind === 'logged-out' && (await replaceSession(deps, progress)) ? read() : reading;
    },
    settles: (reading: Reading) => settles(answer, reading, progress.mayBeOurs),
    until: doneAt + SHOWN_WITHIN,
    // A refusal in known words counts also if the timetable stays unreadable.
    ...(isRefused ? {} : { unreadableUntil: now + target.prebooking.opensAt + GRACE - clock.now() }),
  };
  const reading = await lookUntilSettled(clock, options, signal);
  if (!isRefused || !isNotShown(reading) || clock.monotonic() >= options.until) return reading;
  await clock.until(options.until, signal);
  const last = await options.read();
  return last.kind === 'unreadable' ? reading : last;
}
