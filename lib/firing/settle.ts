import { GRACE, type Result, type Unfinished } from '../prebookings/prebooking.ts';
import type { RefreshDeps } from '../refresh/refresh-session.ts';
import { liveSession } from '../refresh/session-in-place.ts';
import type { QuietEnd } from './claim.ts';
import { read } from './timetable-check.ts';

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
