import { type AimHarder, type AimHarderSession, alike, listOver, UpstreamFailure } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { type Found, type Proven, readBack, readBackProven, type Sought } from '../bookings/read-back.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { type ClassOrder, GRACE, type Result, type Unfinished } from '../prebookings/prebooking.ts';
import { liveSession, type RefreshDeps } from '../refresh/refresh-session.ts';
import type { QuietEnd } from './claim.ts';

export type ReadDeps = { readonly aimHarder: AimHarder; readonly clock: Clock };

/** The pre-booking, and the slot id that its class has by now, where that is another one. */
export type Look = { readonly prebooking: Sought; readonly classId: string | null };

/** How often, and with what pause in milliseconds, the timetable is read until it answers. */
const READINGS = 4;

const READING_PAUSE = 1.5 * SECOND;

/** Reads once whether the member has the place. */
export const read = (
  { aimHarder }: ReadDeps,
  { prebooking, classId }: Look,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<Found> => readBack(aimHarder, session, { ...prebooking, classId }, signal);

/**
 * Reads whether the member has the place, again and again while AimHarder does not answer. That there is none is believed
 * of a live session only.
 */
export async function readUntilAnswered(
  deps: ReadDeps,
  { prebooking, classId }: Look,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<Proven> {
  for (let reading = 1; ; reading += 1) {
    const found = await readBackProven(deps.aimHarder, session, { ...prebooking, classId }, signal);
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
export async function classAtOpening(
  clock: Clock,
  connection: Connection,
  session: AimHarderSession,
  { box, boxId, day, familyId, classTime, className }: ClassOrder,
  from: Instant,
  signal: AbortSignal,
): Promise<{ readonly classId: string } | 'none' | 'several'> {
  const query = { box, boxId, day, familyId: familyId ?? undefined };
  for (let at = from; at <= from + LOOKED_FOR; at = clock.monotonic() + LOOK_AGAIN) {
    await clock.until(at, signal);
    const classes = await listOver(connection, session, query, signal).catch(nothingShown);
    const [found, ...more] = alike(classes, { start: classTime, name: className }).filter(
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

export const NOTHING_SENT = {
  code: null,
  message: null,
  firedAt: null,
  latenessMs: null,
  latenessBoundMs: null,
  shots: 0,
  aimedBy: null,
} as const;

/** The member had the place before any shot of this attempt. */
export const alreadyThere = ({
  kind,
  bookingId,
}: {
  readonly kind: 'booked' | 'waitlisted';
  readonly bookingId: string | null;
}): Result => ({
  ...NOTHING_SENT,
  outcome: kind === 'booked' ? 'already-booked' : 'waitlisted',
  bookingId,
});

/** Past the grace nothing is booked any more, but an earlier attempt may have, and the timetable tells. */
export async function settleLate(
  deps: Pick<RefreshDeps, 'aimHarder' | 'sessions' | 'tokens' | 'clock'>,
  prebooking: Unfinished,
  signal: AbortSignal,
): Promise<Result | QuietEnd> {
  const session = await liveSession(deps, prebooking.email);
  const found =
    session && (await read(deps, { prebooking, classId: prebooking.classId }, await deps.tokens.open(session), signal));
  if (found?.kind === 'booked' || found?.kind === 'waitlisted') return { ...alreadyThere(found), outcome: found.kind };
  const worthAsking = found?.kind === 'unreadable' && deps.clock.now() < prebooking.opensAt + GIVE_UP_AFTER;
  return worthAsking ? 'not-settled-yet' : { ...NOTHING_SENT, outcome: 'missed', bookingId: null };
}
