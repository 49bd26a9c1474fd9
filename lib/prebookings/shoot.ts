import {
  type AimHarder,
  type AimHarderSession,
  type BookingAnswer,
  prepareShot,
  type Shot,
} from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { type Found, readBack } from '../bookings/read-back.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { GRACE, type Outcome, type Unfinished } from './prebooking.ts';
import { MAX_SHOTS, nextShotAt, verdictOn } from './verdict.ts';

export type ShootDeps = {
  readonly aimHarder: AimHarder;
  readonly clock: Clock;
  /** A session in place of one that AimHarder has just refused: a newer one, or that one refreshed; undefined when there is none. */
  readonly replaceSession: () => Promise<AimHarderSession | undefined>;
};

export type Target = { readonly prebooking: Unfinished; readonly classId: string; readonly connection: Connection };

export type Shooting = {
  readonly outcome: Outcome;
  readonly bookingId: string | null;
  readonly code: string | null;
  readonly message: string | null;
  /** When the first shot left, on our monotonic clock. */
  readonly firstShotAt: Instant;
  /** When the shot left that ended a ladder: AimHarder no longer found it too early. Null when none was. */
  readonly openSince: Instant | null;
  readonly shots: number;
};

/** Shots after a lost answer, each preceded by a reading that shows no booking. */
const MAX_RECOVERIES = 2;

/** How often, and with what pause in milliseconds, the timetable is read until it answers. */
const READINGS = 4;
const READING_PAUSE = 1.5 * SECOND;

/**
 * Sends the shot at its instant and follows it to its outcome. Another shot leaves only after an answer that it was too
 * early (a short, bounded ladder), with a live session after a dead one (once), or after the timetable has shown that
 * a lost answer was no booking. Never two at a time.
 *
 * @param sendAt on our monotonic clock.
 * @throws the signal's reason when it aborts.
 */
export async function shoot(
  deps: ShootDeps,
  target: Target,
  session: AimHarderSession,
  sendAt: Instant,
  signal: AbortSignal,
): Promise<Shooting> {
  const { clock } = deps;
  let live = session;
  let next = sendAt;
  let shots = 0;
  let recoveries = 0;
  let loggedOut = false;
  let tooEarly = false;
  let openSince: Instant | null = null;
  let firstShotAt: Instant | undefined;
  const lastUseful = clock.monotonic() + (target.prebooking.opensAt - clock.now()) + GRACE;

  for (;;) {
    const prepared = prepareShot(target.connection, clock, live, orderOf(target));
    await clock.until(next, signal);
    const shot: Shot = await prepared.fire(signal);
    shots += 1;
    firstShotAt ??= shot.sentAt;
    const { code, message } = saidBy(shot.answer);
    const end = (outcome: Outcome, bookingId: string | null = null): Shooting => {
      return { outcome, bookingId, code, message, firstShotAt: firstShotAt ?? shot.sentAt, openSince, shots };
    };
    const verdict = verdictOn(shot.answer);
    const understood = verdict.kind === 'settled' || verdict.kind === 'confirm';
    if (tooEarly && understood) openSince = shot.sentAt;
    tooEarly = verdict.kind === 'again';
    if (verdict.kind === 'settled') return end(verdict.outcome, verdict.bookingId);
    if (verdict.kind === 'again') {
      const again = nextShotAt(shots, firstShotAt, clock.monotonic());
      if (again === undefined) return end('too-early');
      next = again;
      continue;
    }
    if (verdict.kind === 'logged-out') {
      const replacement = loggedOut ? undefined : await deps.replaceSession();
      if (!replacement || shots >= MAX_SHOTS) return end('login-required');
      loggedOut = true;
      live = replacement;
    } else {
      const found = await readUntilAnswered(deps, target, live, signal);
      if (found.kind === 'booked' || found.kind === 'waitlisted') return end(found.kind, found.bookingId);
      if (verdict.kind === 'confirm') return end('unknown', verdict.bookingId);
      recoveries += 1;
      const hopeless = found.kind === 'unreadable' || recoveries > MAX_RECOVERIES || shots >= MAX_SHOTS;
      if (hopeless || clock.monotonic() > lastUseful) return end(verdict.otherwise);
    }
    next = clock.monotonic();
  }
}

const orderOf = ({ prebooking: { box, day, familyId }, classId }: Target) => ({
  box,
  day,
  classId,
  familyId: familyId ?? undefined,
});

const saidBy = (answer: BookingAnswer): { readonly code: string | null; readonly message: string | null } =>
  answer.kind === 'unanswered'
    ? { code: null, message: answer.failure.message }
    : { code: answer.code, message: answer.message };

async function readUntilAnswered(
  { aimHarder, clock }: ShootDeps,
  { prebooking, classId }: Target,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<Found> {
  for (let reading = 1; ; reading += 1) {
    const found = await readBack(aimHarder, session, { ...prebooking, classId }, signal);
    if (found.kind !== 'unreadable' || reading === READINGS) return found;
    await clock.until(clock.monotonic() + READING_PAUSE, signal);
  }
}
