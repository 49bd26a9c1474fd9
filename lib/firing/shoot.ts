import { type AdvanceRule, type AimHarderSession, type BookingAnswer, prepareShot } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import type { Outcome } from '../events/outcome.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { GRACE, type Unfinished } from '../prebookings/prebooking.ts';
import { readTimetable, readTimetableUntilAnswered, type TimetableDeps } from './timetable-check.ts';
import { MAX_SHOTS, nextShotAt, type Verdict, verdictOn } from './verdict.ts';

export type ShootDeps = TimetableDeps & {
  /** Replaces a session that AimHarder has just refused, by a newer or refreshed one. @returns undefined if there is none. */
  readonly replaceSession: () => Promise<AimHarderSession | undefined>;
  /** Records how many shots will have left with the next one. @throws if this firing may not send that shot any more. */
  readonly recordShots: (shots: number) => Promise<void>;
};

export type Target = { readonly prebooking: Unfinished; readonly classId: string; readonly connection: Connection };

/** When the first shot may leave, on our monotonic clock. */
export type ShotPlan = {
  /** Over the connection that was calibrated. */
  readonly sendAt: Instant;
  /** Over any other connection: there, AimHarder's clock is known, but not the path. */
  readonly sendAtUncalibrated: Instant;
  /** How many shots earlier firings of this pre-booking have sent. */
  readonly shotsBefore: number;
};

export type Shooting = {
  readonly outcome: Outcome;
  readonly bookingId: string | null;
  readonly code: string | null;
  readonly message: string | null;
  /** When the first shot left, on our monotonic clock. */
  readonly firstShotAt: Instant;
  /** When the last shot left that AimHarder refused as too early. */
  readonly refusedAt: Instant | null;
  /** When the first shot left that AimHarder did not refuse as too early. */
  readonly admittedAt: Instant | null;
  /** The rule that the last refusal as too early named. */
  readonly rule: AdvanceRule | null;
  /** The shots of this firing and of earlier ones. */
  readonly shots: number;
  /** The session that was used last. */
  readonly session: AimHarderSession;
};

/** The most shots after lost answers. Each is preceded by a reading that shows no booking. */
const MAX_RECOVERIES = 2;

/**
 * How long AimHarder may take over a booking, in milliseconds; 0.4 to 1.7 s were seen. After a lost answer, a timetable
 * read sooner does not prove that there is no booking.
 */
const BOOKING_TAKES = 2 * SECOND;

type Progress = {
  session: AimHarderSession;
  shots: number;
  recoveries: number;
  loggedOut: boolean;
  acceptWaitlist: boolean;
  firstShotAt: Instant | undefined;
  refusedAt: Instant | null;
  admittedAt: Instant | null;
  rule: AdvanceRule | null;
};

type Shot = { readonly answer: BookingAnswer; readonly sentAt: Instant };
type End = { readonly outcome: Outcome; readonly bookingId: string | null };
/** What follows a shot: the end, or another shot at an instant on our monotonic clock. */
type Next = { readonly end: End } | { readonly at: Instant };

/**
 * Sends the shot at its instant and follows it to its outcome. Never sends two shots at a time. Sends another shot only
 *
 * - after one that came too early, for a few seconds, with growing gaps (`nextShotAt`);
 * - once, with a replaced session, after AimHarder refused the session;
 * - once, for the waitlist, if the class is full and the member wants to wait;
 * - after a lost answer, once the timetable shows that there is no booking.
 *
 * @throws the signal's reason when it aborts.
 */
export async function shoot(
  deps: ShootDeps,
  target: Target,
  firstSession: AimHarderSession,
  { sendAt, sendAtUncalibrated, shotsBefore }: ShotPlan,
  signal: AbortSignal,
): Promise<Shooting> {
  const progress: Progress = {
    ...{ session: firstSession, shots: shotsBefore, recoveries: 0, loggedOut: false, acceptWaitlist: false },
    ...{ firstShotAt: undefined, refusedAt: null, admittedAt: null, rule: null },
  };
  for (let at = sendAt; ; ) {
    const shot = await sendShot(deps, target, progress, { at, atUncalibrated: sendAtUncalibrated }, signal);
    const next = await handleAnswer(deps, target, progress, shot, signal);
    if ('end' in next) {
      const { session, firstShotAt = shot.sentAt, refusedAt, admittedAt, rule, shots } = progress;
      return { ...next.end, ...textOf(shot.answer), firstShotAt, refusedAt, admittedAt, rule, shots, session };
    }
    at = next.at;
  }
}

async function sendShot(
  { clock, recordShots }: ShootDeps,
  { connection, prebooking, classId }: Target,
  progress: Progress,
  { at, atUncalibrated }: { readonly at: Instant; readonly atUncalibrated: Instant },
  signal: AbortSignal,
): Promise<Shot> {
  const { box, day, familyId } = prebooking;
  const request = { box, day, classId, familyId: familyId ?? undefined, acceptWaitlist: progress.acceptWaitlist };
  const prepared = prepareShot(connection, clock, progress.session, request);
  progress.shots += 1;
  // The commit has recorded the first shot. The others have to wait anyway: recording them costs no time.
  await Promise.all([clock.until(at, signal), progress.shots > 1 && recordShots(progress.shots)]);
  if (progress.firstShotAt === undefined && prepared.lost()) await clock.until(atUncalibrated, signal);
  const shot = await prepared.fire(signal);
  progress.firstShotAt ??= shot.sentAt;
  return shot;
}

async function handleAnswer(
  deps: ShootDeps,
  target: Target,
  progress: Progress,
  shot: Shot,
  signal: AbortSignal,
): Promise<Next> {
  const { clock } = deps;
  const verdict = verdictOn(shot.answer);
  recordAdmission(progress, shot, verdict);
  const mayShootAgain = progress.shots < MAX_SHOTS && clock.now() <= target.prebooking.opensAt + GRACE;
  switch (verdict.kind) {
    case 'final':
      if (!mayShootAgain || !shouldAskForWaitlist(verdict.outcome, target, progress)) return end(verdict.outcome);
      progress.acceptWaitlist = true;
      return { at: clock.monotonic() };
    case 'too-early': {
      const at = nextShotAt(progress.shots, progress.firstShotAt ?? shot.sentAt, clock.monotonic());
      return at === undefined || !mayShootAgain ? end('too-early') : { at };
    }
    case 'logged-out': {
      const replacement = progress.loggedOut ? undefined : await deps.replaceSession();
      if (!replacement || !mayShootAgain) return end('login-required');
      progress.loggedOut = true;
      progress.session = replacement;
      return { at: clock.monotonic() };
    }
    case 'confirm':
      return confirmBooking(deps, target, progress, verdict, signal);
    case 'lost':
      return recoverLostAnswer(deps, target, progress, { ...verdict, sentAt: shot.sentAt, mayShootAgain }, signal);
  }
}

const end = (outcome: Outcome, bookingId: string | null = null): Next => ({ end: { outcome, bookingId } });

const shouldAskForWaitlist = (outcome: Outcome, { prebooking }: Target, { acceptWaitlist }: Progress): boolean =>
  outcome === 'class-full' && prebooking.whenFull === 'waitlist' && !acceptWaitlist;

/** Records whether the box was open when the shot arrived. */
function recordAdmission(progress: Progress, { answer, sentAt }: Shot, { kind }: Verdict): void {
  if (kind === 'too-early') {
    progress.refusedAt = sentAt;
    progress.rule = answer.kind === 'too-early' ? answer.rule : null;
  } else if (kind === 'final' || kind === 'confirm') progress.admittedAt ??= sentAt;
}

/** Confirms a booking that AimHarder took: only the timetable shows whether it is a seat or the waitlist, and whose. */
async function confirmBooking(
  deps: ShootDeps,
  target: Target,
  { session, acceptWaitlist, recoveries }: Progress,
  { outcome, bookingId }: Extract<Verdict, { kind: 'confirm' }>,
  signal: AbortSignal,
): Promise<Next> {
  const isCertain = outcome === 'booked' && !acceptWaitlist;
  const found = await (isCertain ? readTimetable : readTimetableUntilAnswered)(deps, target, session, signal);
  // After a shot whose answer was lost, that shot made the reservation.
  if (found.kind === 'booked' && outcome === 'already-booked' && recoveries === 0)
    return end('already-booked', found.bookingId);
  if (found.kind === 'booked' || found.kind === 'waitlisted') return end(found.kind, found.bookingId ?? bookingId);
  if (found.kind === 'other-class' && outcome === 'already-booked') return end('booking-limit');
  return end(outcome, bookingId);
}

/** Recovers from a lost answer: another shot leaves only once the timetable shows that there is no booking. */
async function recoverLostAnswer(
  deps: ShootDeps,
  target: Target,
  progress: Progress,
  lost: Extract<Verdict, { kind: 'lost' }> & { readonly sentAt: Instant; readonly mayShootAgain: boolean },
  signal: AbortSignal,
): Promise<Next> {
  const { clock } = deps;
  progress.recoveries += 1;
  const isLast = progress.recoveries > MAX_RECOVERIES || !lost.mayShootAgain;
  if (lost.unsent) return isLast ? end(lost.outcome) : { at: clock.monotonic() };
  if (lost.mayStillSucceed) await clock.until(lost.sentAt + BOOKING_TAKES, signal);
  let found = await readTimetableUntilAnswered(deps, target, progress.session, signal);
  if (found.kind === 'logged-out' && !progress.loggedOut) {
    progress.loggedOut = true;
    progress.session = (await deps.replaceSession()) ?? progress.session;
    found = await readTimetableUntilAnswered(deps, target, progress.session, signal);
  }
  if (found.kind === 'booked' || found.kind === 'waitlisted') return end(found.kind, found.bookingId);
  return found.kind === 'none' && !isLast ? { at: clock.monotonic() } : end(lost.outcome);
}

/** Returns AimHarder's own code and text, or why there was no answer. */
const textOf = (answer: BookingAnswer): { readonly code: string | null; readonly message: string | null } =>
  answer.kind === 'unanswered'
    ? { code: null, message: answer.failure.message }
    : { code: answer.code, message: answer.message };
