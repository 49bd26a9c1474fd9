import type { AdvanceRule, AimHarderSession, Shot } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import {
  type Conclusion,
  conclude,
  isConclusive,
  isLikely,
  mayStillSucceed,
  meaningOf,
  showsNoPlace,
  showsPlace,
  UNREAD,
} from '../bookings/evidence.ts';
import { type Reading, readUntilConclusive, SHOWN_WITHIN } from '../bookings/read-back.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { GRACE, type Unfinished } from '../prebookings/prebooking.ts';
import { readOrderedPlace, type TimetableDeps } from './timetable-check.ts';

export type ShootDeps = TimetableDeps & {
  /** Finds a newer session, or refreshes the session, after AimHarder has refused it. @returns undefined if there is none. */
  readonly replaceSession: () => Promise<AimHarderSession | undefined>;
  /**
   * Records the number of shots, including the next one, which leaves at `leavesAt` on the monotonic clock.
   *
   * @throws if this firing may no longer send that shot.
   */
  readonly recordShots: (shots: number, leavesAt: Instant) => Promise<void>;
  /**
   * Checks in the timetable whether the class has moved, was replaced or was cancelled since the preparation. False if the
   * timetable is unreadable.
   */
  readonly hasClassChanged: (session: AimHarderSession) => Promise<boolean>;
  /**
   * Returns when a repeated shot may leave: at `at` or later, on the monotonic clock. While AimHarder turns shots away (429,
   * 503), this spaces the repeated shots of all firings of this process.
   */
  readonly spaceShot: (at: Instant) => Instant;
  /** Returns a random number from 0 to 1. */
  readonly random: () => number;
};

/** What a firing shoots at: the class of its pre-booking under its current slot id, over one connection. */
export type Target = { readonly prebooking: Unfinished; readonly classId: string; readonly connection: Connection };

/**
 * How many further shots may follow answers that were lost or not understood. Each of them leaves only after the timetable has
 * shown no booking.
 */
const MAX_SHOTS_AFTER_UNCLEAR = 2;

/** How long AimHarder may take to make a booking whose answer is lost, in milliseconds; 0.4 to 1.7 s were observed. */
export const BOOKING_TAKES = 2 * SECOND;

/** What a firing knows while it shoots. Each answer updates it. */
export type Progress = {
  /** The session that the next shot uses. */
  session: AimHarderSession;
  /** The shots of this firing and of earlier ones. */
  shots: number;
  /** How many shots followed answers that were lost or not understood. */
  shotsAfterUnclear: number;
  /** How many shots in a row were turned away or never left. */
  turnedAway: number;
  /** Whether an earlier shot with an unclear answer may have made the booking. */
  mayBeOurs: boolean;
  /** Whether the last shot was refused as too early, or in unknown words that most likely mean the same. */
  isTooEarly: boolean;
  /** The answer of `hasClassChanged`; undefined until it is asked why the shots are refused as too early. */
  classChanged: Promise<boolean> | undefined;
  /** Whether the session was replaced already, which is done at most once. */
  hasReplacedSession: boolean;
  /** Whether the further shots ask for a place on the waitlist (`insist=1`). */
  asksForWaitlist: boolean;
  /**
   * When the first shot of this firing left; undefined before that. This and the next two instants are on the monotonic clock.
   */
  firstShotAt: Instant | undefined;
  /** When the last shot left that AimHarder refused as too early in known words; null if there was none. */
  lastTooEarlyAt: Instant | null;
  /**
   * When the first shot left that found bookings open (AimHarder accepted it, or refused it for another reason); null before
   * that.
   */
  firstAdmittedAt: Instant | null;
  /** The rule that the last refusal as too early named; null if it named none. */
  rule: AdvanceRule | null;
};

/**
 * The part of the progress that counts for later shots at another row of the timetable too. What an answer says about one row
 * (whether its bookings are open, whether it is full) does not belong to it.
 */
export type CarriedOver = Pick<
  Progress,
  'session' | 'shots' | 'shotsAfterUnclear' | 'mayBeOurs' | 'hasReplacedSession' | 'firstShotAt' | 'rule'
>;

/** Returns the progress before the first shot of a firing. @param shots how many shots earlier firings have sent. */
export const beforeFirstShot = (session: AimHarderSession, shots: number): CarriedOver => ({
  session,
  shots,
  shotsAfterUnclear: 0,
  mayBeOurs: false,
  hasReplacedSession: false,
  firstShotAt: undefined,
  rule: null,
});

/** What follows a shot: the end, or another shot at an instant on our monotonic clock. */
export type Next = { readonly end: Conclusion } | { readonly at: Instant };

/** Checks whether the grace is not over, so that another shot may leave. */
export const mayShootAgain = ({ clock }: ShootDeps, { prebooking }: Target): boolean =>
  clock.now() <= prebooking.opensAt + GRACE;

/** Replaces the session after AimHarder has refused it, at most once. @returns whether it was replaced. */
export async function replaceSession(deps: ShootDeps, progress: Progress): Promise<boolean> {
  const replacement = progress.hasReplacedSession ? undefined : await deps.replaceSession();
  if (!replacement) return false;
  progress.hasReplacedSession = true;
  progress.session = replacement;
  return true;
}

/**
 * Decides what follows a shot, except a shot that came too early or was turned away: such a shot is repeated after a wait.
 *
 * - If the class is full and the member wants the waitlist, another shot asks for it: at once, or, if an earlier shot may have
 *   booked, after a look at the timetable.
 * - If the answer was lost or not understood, another shot follows when the timetable no longer lags behind and shows no booking.
 * - Otherwise the shots end, with the outcome that the answer and the timetable give.
 */
export async function decideAfterShot(
  deps: ShootDeps,
  target: Target,
  progress: Progress,
  { answer, sentAt }: Shot,
  signal: AbortSignal,
): Promise<Next> {
  const shouldAskForWaitlist =
    answer.kind === 'class-full' && target.prebooking.whenFull === 'waitlist' && !progress.asksForWaitlist;
  const asksWithoutReading = shouldAskForWaitlist && !progress.mayBeOurs && mayShootAgain(deps, target);
  const reading = asksWithoutReading ? UNREAD : await readBack(deps, target, progress, { answer, sentAt }, signal);
  if (!showsPlace(reading) && mayShootAgain(deps, target)) {
    const again = { at: deps.clock.monotonic() };
    if (shouldAskForWaitlist) {
      progress.asksForWaitlist = true;
      return again;
    }
    // An unknown code shows that AimHarder has decided about the request: the same request would only get the same answer.
    if (
      meaningOf(answer) === 'unclear' &&
      answer.kind !== 'unknown' &&
      showsNoPlace(reading) &&
      progress.shotsAfterUnclear < MAX_SHOTS_AFTER_UNCLEAR
    ) {
      progress.shotsAfterUnclear += 1;
      return again;
    }
  }
  return { end: conclude(answer, reading, progress.mayBeOurs) };
}

/**
 * Reads in the timetable what the shots have booked. Reads again while the timetable may lag behind, and, if it is unreadable,
 * until the grace ends.
 */
async function readBack(
  deps: ShootDeps,
  target: Target,
  progress: Progress,
  { answer, sentAt }: Shot,
  signal: AbortSignal,
): Promise<Reading> {
  const { clock } = deps;
  const readOnce = () => readOrderedPlace(deps, target, progress.session, signal);
  const now = clock.monotonic();
  const isRefused = meaningOf(answer) === 'refused' && !progress.mayBeOurs;
  /** The latest instant at which AimHarder may make this booking. */
  const bookedBy = mayStillSucceed(answer) ? Math.max(now, sentAt + BOOKING_TAKES) : now;
  const options = {
    async read() {
      const reading = await readOnce();
      return reading.kind === 'logged-out' && (await replaceSession(deps, progress)) ? readOnce() : reading;
    },
    isConclusive: (reading: Reading) => isConclusive(answer, reading, progress.mayBeOurs),
    isLikely: (reading: Reading) => isLikely(answer, reading, progress.mayBeOurs),
    until: bookedBy + SHOWN_WITHIN,
    // The end of the grace, on the monotonic clock. A refusal in known words counts also if the timetable stays unreadable.
    ...(isRefused ? {} : { unreadableUntil: now + target.prebooking.opensAt + GRACE - clock.now() }),
  };
  return readUntilConclusive(clock, options, signal);
}
