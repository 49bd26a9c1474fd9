import { type AimHarder, type AimHarderSession, listOver, sameSlot, UpstreamFailure } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import {
  type ConfirmedReservation,
  confirmReservation,
  type FoundReservation,
  findReservation,
  type SoughtClass,
} from '../bookings/read-back.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { GRACE, type Result, type Unfinished, type WantedClass } from '../prebookings/prebooking.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import { activeBackgroundSession } from '../refresh/refresh-session.ts';
import type { SkipReason } from './claim.ts';

export type ReadDeps = { readonly aimHarder: AimHarder; readonly clock: Clock };

/** The pre-booking, and the slot id that its class has by now, where that is another one. */
export type Look = { readonly prebooking: SoughtClass; readonly classId: string | null };

/** How often, and with what pause in milliseconds, the timetable is read until it answers. */
const READINGS = 4;

const READING_PAUSE = 1.5 * SECOND;

/** Reads once whether the member has the place. */
export const readOnce = (
  { aimHarder }: ReadDeps,
  { prebooking, classId }: Look,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<FoundReservation> => findReservation(aimHarder, session, { ...prebooking, classId }, signal);

/**
 * Reads whether the member has the place, again and again while AimHarder does not answer. That there is none is believed
 * of a live session only.
 */
export async function readUntilAnswered(
  deps: ReadDeps,
  { prebooking, classId }: Look,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<ConfirmedReservation> {
  for (let reading = 1; ; reading += 1) {
    const found = await confirmReservation(deps.aimHarder, session, { ...prebooking, classId }, signal);
    if (found.kind !== 'unreadable' || reading === READINGS) return found;
    await deps.clock.until(deps.clock.monotonic() + READING_PAUSE, signal);
  }
}

/** Between two looks at the timetable, in milliseconds, and how long it is looked at after the opening. */
const LOOK_AGAIN = 150;

const LOOKED_FOR = 15 * SECOND;

/**
 * Finds a class that its box shows only from the opening on: by its start and name, over the connection that will carry the
 * shot.
 *
 * @param from the first look leaves then, on our monotonic clock.
 * @returns the slot id, or why there is none to be named.
 */
export async function findClassAtOpening(
  clock: Clock,
  connection: Connection,
  session: AimHarderSession,
  { box, boxId, day, familyId, classTime, className }: WantedClass,
  from: Instant,
  signal: AbortSignal,
): Promise<{ readonly classId: string } | 'none' | 'several'> {
  const query = { box, boxId, day, familyId: familyId ?? undefined };
  for (let at = from; at <= from + LOOKED_FOR; at = clock.monotonic() + LOOK_AGAIN) {
    await clock.until(at, signal);
    const classes = await listOver(connection, session, query, signal).catch(nothingShown);
    const [found, ...more] = sameSlot(classes, { start: classTime, name: className }).filter(
      ({ cancelled }) => !cancelled,
    );
    if (found) return more.length > 0 ? 'several' : { classId: found.classId };
  }
  return 'none';
}

/** AimHarder may fail, or the session be dead: the shot will tell. */
function nothingShown(error: unknown): readonly [] {
  if (error instanceof UpstreamFailure) return [];
  throw error;
}

/** A pre-booking whose timetable cannot be read is given up only this long after its opening, in milliseconds. */
const GIVE_UP_AFTER = 10 * GRACE;

export const NO_SHOT = {
  code: null,
  message: null,
  firedAt: null,
  latenessMs: null,
  latenessBoundMs: null,
  shots: 0,
  aimedBy: null,
} as const;

/** The member had the place before any shot of this attempt. */
export const foundBooked = ({
  kind,
  bookingId,
}: {
  readonly kind: 'booked' | 'waitlisted';
  readonly bookingId: string | null;
}): Result => ({
  ...NO_SHOT,
  outcome: kind === 'booked' ? 'already-booked' : 'waitlisted',
  bookingId,
});

/** Past the grace nothing is booked any more, but an earlier attempt may have, and the timetable tells. */
export async function resolveExpired(
  deps: Pick<MemberUpstream, 'aimHarder' | 'sessions' | 'tokens' | 'clock'>,
  prebooking: Unfinished,
  signal: AbortSignal,
): Promise<Result | SkipReason> {
  const session = await activeBackgroundSession(deps, prebooking.email);
  const found =
    session &&
    (await readOnce(deps, { prebooking, classId: prebooking.classId }, await deps.tokens.decrypt(session), signal));
  if (found?.kind === 'booked' || found?.kind === 'waitlisted') return { ...foundBooked(found), outcome: found.kind };
  const worthAsking = found?.kind === 'unreadable' && deps.clock.now() < prebooking.opensAt + GIVE_UP_AFTER;
  return worthAsking ? 'not-settled-yet' : { ...NO_SHOT, outcome: 'missed', bookingId: null };
}
