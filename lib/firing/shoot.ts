import { type AdvanceRule, type AimHarderSession, type BookingAnswer, prepareShot } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { type Instant, SECOND } from '../platform/clock.ts';
import { GRACE, type Outcome, type Unfinished } from '../prebookings/prebooking.ts';
import { type ReadDeps, readOnce, readUntilAnswered } from './timetable-check.ts';
import { MAX_SHOTS, nextShotAt, type Verdict, verdictOn } from './verdict.ts';

export type ShootDeps = ReadDeps & {
  /** A session in place of one that AimHarder has just refused: a newer one, or that one refreshed; undefined when there is none. */
  readonly replaceSession: () => Promise<AimHarderSession | undefined>;
  /** Notes how many shots there will have been before another one leaves; throws when that one is no longer ours to send. */
  readonly recordShots: (shots: number) => Promise<void>;
};

export type Target = { readonly prebooking: Unfinished; readonly classId: string; readonly connection: Connection };

/** When the first shot may leave, on our monotonic clock. */
export type ShotPlan = {
  /** Over the connection that was measured. */
  readonly sendAt: Instant;
  /** Over any other: of that only the clock is known, not the way. */
  readonly sendAtUncalibrated: Instant;
  /** Shots of attempts before this one. */
  readonly shotsBefore: number;
};

export type Shooting = {
  readonly outcome: Outcome;
  readonly bookingId: string | null;
  readonly code: string | null;
  readonly message: string | null;
  /** When the first shot left, on our monotonic clock. */
  readonly firstShotAt: Instant;
  /** When the last shot left that was refused as too early, and the first one that was not. */
  readonly refusedAt: Instant | null;
  readonly admittedAt: Instant | null;
  /** The rule that the last refusal as too early told. */
  readonly rule: AdvanceRule | null;
  /** Of this attempt and those before. */
  readonly shots: number;
  /** The session that was used last. */
  readonly session: AimHarderSession;
};

/** Shots after a lost answer, each preceded by a reading that shows no booking. */
const MAX_RECOVERIES = 2;

/**
 * AimHarder takes 0.4 to 1.7 s over a booking: for so long after a shot whose answer was lost, in milliseconds, a
 * timetable without the booking does not mean that there is none to come.
 */
const SETTLES = 2 * SECOND;

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
/** What comes of a shot: the end, or another shot at an instant. */
type Next = { readonly end: End } | { readonly at: Instant };

/**
 * Sends the shot at its instant and follows it to its outcome. Another shot leaves only after an answer that it was too
 * early (a short, bounded ladder), with a live session after a dead one (once), to wait for a seat where the member
 * wants to (once), or after the timetable has shown that a lost answer was no booking. Never two at a time.
 *
 * @throws the signal's reason when it aborts.
 */
export async function shoot(
  deps: ShootDeps,
  target: Target,
  session: AimHarderSession,
  plan: ShotPlan,
  signal: AbortSignal,
): Promise<Shooting> {
  const progress: Progress = {
    ...{ session, shots: plan.shotsBefore, recoveries: 0, loggedOut: false, acceptWaitlist: false },
    ...{ firstShotAt: undefined, refusedAt: null, admittedAt: null, rule: null },
  };
  for (let at = plan.sendAt; ; ) {
    const shot = await sendShot(deps, target, progress, { at, elsewhere: plan.sendAtUncalibrated }, signal);
    const next = await handleAnswer(deps, target, progress, shot, signal);
    if ('end' in next) {
      const { session: live, firstShotAt = shot.sentAt, refusedAt, admittedAt, rule, shots } = progress;
      return { ...next.end, ...saidBy(shot.answer), firstShotAt, refusedAt, admittedAt, rule, shots, session: live };
    }
    at = next.at;
  }
}

async function sendShot(
  { clock, recordShots: note }: ShootDeps,
  { connection, prebooking, classId }: Target,
  progress: Progress,
  { at, elsewhere }: { readonly at: Instant; readonly elsewhere: Instant },
  signal: AbortSignal,
): Promise<Shot> {
  const { box, day, familyId } = prebooking;
  const order = { box, day, classId, familyId: familyId ?? undefined, acceptWaitlist: progress.acceptWaitlist };
  const prepared = prepareShot(connection, clock, progress.session, order);
  progress.shots += 1;
  // The commit stands for the very first; noting the others costs nothing while they wait.
  await Promise.all([clock.until(at, signal), progress.shots > 1 && note(progress.shots)]);
  if (progress.firstShotAt === undefined && prepared.lost()) await clock.until(elsewhere, signal);
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
  noteAdmission(progress, shot, verdict);
  const { acceptWaitlist } = progress;
  const mayShootAgain = progress.shots < MAX_SHOTS && clock.now() <= target.prebooking.opensAt + GRACE;
  switch (verdict.kind) {
    case 'settled':
      if (
        verdict.outcome !== 'class-full' ||
        target.prebooking.whenFull !== 'waitlist' ||
        acceptWaitlist ||
        !mayShootAgain
      )
        return end(verdict.outcome);
      progress.acceptWaitlist = true;
      return { at: clock.monotonic() };
    case 'again': {
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

function noteAdmission(progress: Progress, { answer, sentAt }: Shot, { kind }: Verdict): void {
  if (kind === 'again') {
    progress.refusedAt = sentAt;
    progress.rule = answer.kind === 'too-early' ? answer.rule : null;
  } else if (kind === 'settled' || kind === 'confirm') progress.admittedAt ??= sentAt;
}

/** AimHarder has taken it: whether it is a seat or the waitlist, and whose, the timetable tells. */
async function confirmBooking(
  deps: ShootDeps,
  target: Target,
  { session, acceptWaitlist, recoveries }: Progress,
  { outcome, bookingId }: Extract<Verdict, { kind: 'confirm' }>,
  signal: AbortSignal,
): Promise<Next> {
  const certain = outcome === 'booked' && !acceptWaitlist;
  const found = await (certain ? readOnce : readUntilAnswered)(deps, target, session, signal);
  // After a shot whose answer was lost, the place is the one that it took.
  if (found.kind === 'booked' && outcome === 'already-booked' && recoveries === 0)
    return end('already-booked', found.bookingId);
  if (found.kind === 'booked' || found.kind === 'waitlisted') return end(found.kind, found.bookingId ?? bookingId);
  if (found.kind === 'other-class' && outcome === 'already-booked') return end('booking-limit');
  return end(outcome, bookingId);
}

/** The answer was lost: another shot leaves only once the timetable has shown that there is no booking. */
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
  if (lost.mayStillBeDone) await clock.until(lost.sentAt + SETTLES, signal);
  let found = await readUntilAnswered(deps, target, progress.session, signal);
  if (found.kind === 'logged-out' && !progress.loggedOut) {
    progress.loggedOut = true;
    progress.session = (await deps.replaceSession()) ?? progress.session;
    found = await readUntilAnswered(deps, target, progress.session, signal);
  }
  if (found.kind === 'booked' || found.kind === 'waitlisted') return end(found.kind, found.bookingId);
  return found.kind === 'none' && !isLast ? { at: clock.monotonic() } : end(lost.outcome);
}

const saidBy = (answer: BookingAnswer): { readonly code: string | null; readonly message: string | null } =>
  answer.kind === 'unanswered'
    ? { code: null, message: answer.failure.message }
    : { code: answer.code, message: answer.message };
