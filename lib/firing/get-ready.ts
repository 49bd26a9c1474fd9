import type { AimHarderSession, ResolvedClass } from '../aimharder/client.ts';
import { SHOWN_WITHIN } from '../bookings/read-back.ts';
import { SECOND } from '../platform/clock.ts';
import type { Preparation, Unfinished } from '../prebookings/prebooking.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import { type PrepareSessionDeps, prepareSession } from './prepare-session.ts';
import type { Steps } from './steps.ts';
import { type Decided, decideByTimetable, resolveListed } from './timetable-check.ts';

/** What is known before the calibration. If a step fails, its part is unknown, and the shot is sent anyway. */
export type Ready = {
  /** The background session; undefined if there is none, or if the database has not answered. */
  readonly session: BackgroundSession | undefined;
  /** What the session calls AimHarder with. */
  readonly credentials: AimHarderSession | undefined;
  /** The class's slot id by the current timetable; null while the timetable does not show the class. */
  readonly classId: string | null;
  /** Resolves once the session is reserved, or reserving it has failed. */
  readonly reserved: Promise<unknown>;
} & Pick<Preparation, 'isSessionProven' | 'isClassListed'>;

/** What is known without a preparation. */
export const UNPREPARED = { isSessionProven: false, isClassListed: false };

/**
 * Makes the session usable, and finds the class. Does not repeat what an earlier preparation has done.
 *
 * @returns what is ready; or what the timetable has decided, if no shot may leave for this opening.
 */
export async function getReady(
  deps: PrepareSessionDeps,
  prebooking: Unfinished,
  steps: Steps,
  signal: AbortSignal,
): Promise<Ready | Decided> {
  const known = (prebooking.status === 'pending' && prebooking.prepared) || UNPREPARED;
  const { session, isProven, reserved } = await prepareSession(deps, prebooking, known.isSessionProven, steps);
  const credentials = session && (await steps.ask(() => deps.tokens.decrypt(session)));
  const ready = { session, credentials, reserved, isSessionProven: isProven };
  if (known.isClassListed) return { ...ready, classId: prebooking.classId, isClassListed: true };
  const look = () => steps.run('listing', (patience) => resolveListed(deps, prebooking, credentials, patience));
  const resolved = await lookTwice(deps, prebooking, look, signal);
  const decided = resolved && decideByTimetable(prebooking, resolved);
  if (decided) return decided;
  const listed = resolved && 'listed' in resolved ? resolved.listed : undefined;
  return { ...ready, classId: listed?.classId ?? prebooking.classId, isClassListed: listed !== undefined };
}

/** A second look at the timetable begins at least this long before the opening, in milliseconds: the calibration follows. */
const LOOKING_ENDS = 18 * SECOND;

/**
 * Looks at the timetable, and looks again if it shows a reason to hold the shot back or to send it to another row: the timetable
 * may lag behind, or be wrong once. If a late wake-up leaves no time for the second look, the first one counts.
 */
async function lookTwice(
  { clock }: PrepareSessionDeps,
  prebooking: Unfinished,
  look: () => Promise<ResolvedClass | undefined>,
  signal: AbortSignal,
): Promise<ResolvedClass | undefined> {
  const resolved = await look();
  const isAsOrdered = !resolved || (resolved.kind !== 'replaced' && !decideByTimetable(prebooking, resolved));
  if (isAsOrdered || prebooking.opensAt - clock.now() < SHOWN_WITHIN + LOOKING_ENDS) return resolved;
  await clock.until(clock.monotonic() + SHOWN_WITHIN, signal);
  return (await look()) ?? resolved;
}
