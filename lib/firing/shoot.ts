import { type BookingAnswer, prepareShot, type Shot } from '../aimharder/client.ts';
import { type Conclusion, conclude, mayMeanTooEarly, meaningOf, showsPlace, UNREAD } from '../bookings/evidence.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { awaitInTime } from '../platform/retry.ts';
import {
  type CarriedOver,
  decideAfterShot,
  mayShootAgain,
  type Next,
  type Progress,
  replaceSession,
  type ShootDeps,
  type Target,
} from './after-shot.ts';
import { waitAfterTooEarly, waitAfterTurnedAway } from './next-shot.ts';
import { readOrderedPlace } from './timetable-check.ts';

/** When the first shot may leave, on our monotonic clock, and the progress before it. */
export type ShotPlan = {
  /** The instant for the calibrated connection. */
  readonly sendAt: Instant;
  /** The instant for any other connection, whose path is unknown. */
  readonly sendAtUncalibrated: Instant;
  /** The progress so far: from `beforeFirstShot`, or the result of earlier shots at another row of the class. */
  readonly before: CarriedOver;
};

/** The result of the shots, and what later shots at another row would carry over. */
export type ShotsResult = Conclusion &
  CarriedOver & {
    /** AimHarder's own code and text in its last answer, or null. If there was no answer, `message` says why. */
    readonly code: string | null;
    readonly message: string | null;
    /** Whether AimHarder's last answer accepted the booking, or was lost although the booking may have been made. */
    readonly mayBeBooked: boolean;
    /** When the first shot left. This and the next two instants are on our monotonic clock. */
    readonly firstShotAt: Instant;
    /** When the last shot left that was refused as too early in known words; null if there was none. */
    readonly lastTooEarlyAt: Instant | null;
    /** When the first shot left that found bookings open; null if there was none. */
    readonly firstAdmittedAt: Instant | null;
  };

/** The least time that the database gets to record a further shot, in milliseconds. DynamoDB answers in about 10 ms. */
const LEAST_FOR_RECORDING = 100;

/**
 * Sends the shot at its instant, and determines its outcome. Never sends two shots at a time. Sends another shot only
 *
 * - after a shot that came too early or was turned away, until the grace ends, after growing waits (`next-shot.ts`);
 * - once, with a replaced session, after AimHarder refused the session;
 * - once, for the waitlist, if the class is full and the member wants to wait;
 * - after an answer that was lost or not understood, if the timetable shows no booking when it no longer lags behind.
 *
 * The timetable decides the outcome (`conclude`). It is read after the last shot, so that reading it delays no shot.
 *
 * @throws the signal's reason when it aborts.
 */
export async function shoot(
  deps: ShootDeps,
  target: Target,
  { sendAt, sendAtUncalibrated, before }: ShotPlan,
  signal: AbortSignal,
): Promise<ShotsResult> {
  const progress: Progress = {
    ...carryOver(before),
    turnedAway: 0,
    isTooEarly: false,
    classChanged: undefined,
    asksForWaitlist: false,
    lastTooEarlyAt: null,
    firstAdmittedAt: null,
  };
  for (let at = sendAt; ; ) {
    const shot = await sendShot(deps, target, progress, { at, atUncalibrated: sendAtUncalibrated }, signal);
    const next = await handleAnswer(deps, target, progress, shot, signal);
    if ('end' in next) {
      const { firstShotAt = shot.sentAt, lastTooEarlyAt, firstAdmittedAt } = progress;
      return {
        ...next.end,
        ...textOf(shot.answer),
        ...carryOver(progress),
        mayBeBooked: mayBeBooked(shot.answer),
        firstShotAt,
        lastTooEarlyAt,
        firstAdmittedAt,
      };
    }
    at = next.at;
  }
}

/** Selects the part of the progress that later shots at another row carry over. */
function carryOver(known: CarriedOver): CarriedOver {
  const { session, shots, shotsAfterUnclear, mayBeOurs, hasReplacedSession, firstShotAt, rule } = known;
  return { session, shots, shotsAfterUnclear, mayBeOurs, hasReplacedSession, firstShotAt, rule };
}

/** Sends the next shot at `at`, on our monotonic clock. The first shot leaves at `atUncalibrated` if its connection was lost. */
async function sendShot(
  { clock, recordShots }: ShootDeps,
  { connection, prebooking, classId }: Target,
  progress: Progress,
  { at, atUncalibrated }: { readonly at: Instant; readonly atUncalibrated: Instant },
  signal: AbortSignal,
): Promise<Shot> {
  const { box, day, familyId } = prebooking;
  const request = { box, day, classId, familyId: familyId ?? undefined, acceptWaitlist: progress.asksForWaitlist };
  const prepared = prepareShot(connection, clock, progress.session, request);
  progress.shots += 1;
  // The commit has recorded the first shot. Recording a further shot costs no time, because the shot has to wait anyway.
  await Promise.all([
    clock.until(at, signal),
    progress.shots > 1 && recordShots(progress.shots, Math.max(at, clock.monotonic() + LEAST_FOR_RECORDING)),
  ]);
  if (progress.firstShotAt === undefined && prepared.isLost()) await clock.until(atUncalibrated, signal);
  const shot = await prepared.fire(signal);
  progress.firstShotAt ??= shot.sentAt;
  return shot;
}

/** Decides what follows an answer: another shot, or the end. Reads the timetable if the answer alone does not decide. */
async function handleAnswer(
  deps: ShootDeps,
  target: Target,
  progress: Progress,
  shot: Shot,
  signal: AbortSignal,
): Promise<Next> {
  const { answer } = shot;
  recordAnswer(deps, target, progress, shot);
  const meaning = meaningOf(answer);
  if (meaning === 'logged-out') {
    const isReplaced = await replaceSession(deps, progress);
    if (isReplaced && mayShootAgain(deps, target)) return { at: deps.clock.monotonic() };
    return { end: conclude(answer, UNREAD) };
  }
  const wait = waitForNextShot(deps, target, progress, shot);
  if (wait !== undefined) {
    const reading = meaning === 'unclear' ? await readOrderedPlace(deps, target, progress.session, signal) : UNREAD;
    const isOver = showsPlace(reading) || reading.kind === 'cancelled';
    if (isOver) return { end: conclude(answer, reading, progress.mayBeOurs) };
    const at = deps.clock.monotonic() + wait;
    const hasTimeToRead = progress.isTooEarly && wait > LEAST_WAIT_TO_READ;
    if (hasTimeToRead && (await hasClassChanged(deps, progress, at, signal))) return { end: conclude(answer, UNREAD) };
    return { at: meaning === 'not-processed' ? deps.spaceShot(at) : at };
  }
  return decideAfterShot(deps, target, progress, shot, signal);
}

/**
 * Checks in the timetable whether the class has changed since the preparation. Reads the timetable once for all shots: a reading
 * that comes too late for the next shot is used in the wait after that shot.
 *
 * @param until when the next shot leaves, on our monotonic clock.
 */
function hasClassChanged(deps: ShootDeps, progress: Progress, until: Instant, signal: AbortSignal): Promise<boolean> {
  progress.classChanged ??= deps.hasClassChanged(progress.session);
  return awaitInTime({ clock: deps.clock, until, signal }, progress.classChanged, false);
}

/**
 * Returns how long to wait before the next shot, in milliseconds, after a shot that came too early or was turned away.
 *
 * @returns undefined for any other answer, or if no more shots may follow.
 */
function waitForNextShot(
  { clock, random }: ShootDeps,
  { prebooking }: Target,
  { shots, isTooEarly, turnedAway }: Progress,
  { answer, sentAt }: Shot,
): number | undefined {
  const after = { ...measureSinceOpening(clock, prebooking, sentAt), random: random() };
  if (turnedAway > 0) {
    return waitAfterTurnedAway(turnedAway, after, answer.kind === 'turned-away' ? answer.retryAfter : undefined);
  }
  if (!isTooEarly || (answer.kind === 'unknown' && after.sinceOpening > UNKNOWN_REPEATED_FOR)) return undefined;
  return waitAfterTooEarly(shots, after);
}

/** Measures the time since the opening by our own clock, in milliseconds: until now, and until the shot left. */
function measureSinceOpening(clock: Clock, { opensAt }: Target['prebooking'], sentAt: Instant) {
  const sinceOpening = clock.now() - opensAt;
  return { sinceOpening, sentAfterMs: sinceOpening - (clock.monotonic() - sentAt) };
}

/** The timetable is read only during a wait longer than this, in milliseconds. In a shorter wait, it would seldom come in time. */
const LEAST_WAIT_TO_READ = 0.5 * SECOND;

/** How long after the opening an unknown refusal is still followed by another shot, in milliseconds. */
const UNKNOWN_REPEATED_FOR = 5 * SECOND;

/** If a shot leaves no later than this after the opening, in milliseconds, an unknown refusal probably means "too early". */
const LIKELY_TOO_EARLY_WITHIN = SECOND;

/** Records what the answer proves: whether bookings were open when the shot arrived, and whether the shot may have booked. */
function recordAnswer(
  { clock }: ShootDeps,
  { prebooking }: Target,
  progress: Progress,
  { answer, sentAt }: Shot,
): void {
  const meaning = meaningOf(answer);
  // `sentAt` is on the monotonic clock, and is converted to our wall clock.
  const isLikelyTooEarly =
    progress.isTooEarly || sentAt + clock.now() - clock.monotonic() <= prebooking.opensAt + LIKELY_TOO_EARLY_WITHIN;
  progress.isTooEarly = meaning === 'too-early' || (isLikelyTooEarly && mayMeanTooEarly(answer));
  progress.turnedAway = meaning === 'not-processed' ? progress.turnedAway + 1 : 0;
  progress.mayBeOurs ||= meaning === 'unclear';
  if (answer.kind === 'too-early') {
    progress.lastTooEarlyAt = sentAt;
    progress.rule = answer.rule;
  } else if (meaning === 'refused' || meaning === 'accepted' || meaning === 'occupied')
    progress.firstAdmittedAt ??= sentAt;
}

/** Checks whether AimHarder has accepted the booking, or may have made it although its answer was lost. */
const mayBeBooked = (answer: BookingAnswer): boolean =>
  meaningOf(answer) === 'accepted' || (answer.kind === 'unanswered' && answer.failure.mayHaveTakenEffect);

/** Returns AimHarder's own code and text, or why there was no answer. */
const textOf = (answer: BookingAnswer): { readonly code: string | null; readonly message: string | null } =>
  'failure' in answer
    ? { code: null, message: answer.failure.message }
    : { code: answer.code, message: answer.message };
