import type { AimHarderSession, ResolvedClass } from '../aimharder/client.ts';
import { SHOWN_WITHIN } from '../bookings/read-back.ts';
import { SECOND } from '../platform/clock.ts';
import type { Preparation, Unfinished } from '../prebookings/prebooking.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import { type PrepareSessionDeps, prepareSession } from './prepare-session.ts';
import type { Steps } from './steps.ts';
import { decideByTimetable, resolveListed, type TimetableDecision } from './timetable-check.ts';

/** What a firing needs before the calibration. If a step fails, its part is unknown, and the shot is sent anyway. */
export type PreparedSessionAndClass = {
  /** The background session; undefined if there is none, or if the database has not answered. */
  readonly session: BackgroundSession | undefined;
  /** The decrypted credentials of the session. */
  readonly credentials: AimHarderSession | undefined;
  /** The class's slot id: by the timetable, or else as the pre-booking has it; null if neither has one. */
  readonly classId: string | null;
  /** Resolves when the session is reserved, or reserving it has failed. */
  readonly reserved: Promise<unknown>;
} & Pick<Preparation, 'isSessionProven' | 'isClassListed'>;

/** The state of a pre-booking without a preparation. */
export const UNPREPARED = { isSessionProven: false, isClassListed: false };

/**
 * Makes the session usable, and finds the class. If an earlier preparation of a pending pre-booking has proven the session or found
 * the class, that is not done again.
 *
 * @returns session and class; or the timetable's decision, if no shot may leave for this opening.
 */
export async function prepareSessionAndClass(
  deps: PrepareSessionDeps,
  prebooking: Unfinished,
  steps: Steps,
  signal: AbortSignal,
): Promise<PreparedSessionAndClass | TimetableDecision> {
  const known = (prebooking.status === 'pending' && prebooking.prepared) || UNPREPARED;
  const { session, isProven, reserved } = await prepareSession(deps, prebooking, known.isSessionProven, steps);
  const credentials = session && (await steps.load(() => deps.tokens.decrypt(session)));
  const ready = { session, credentials, reserved, isSessionProven: isProven };
  if (known.isClassListed) return { ...ready, classId: prebooking.classId, isClassListed: true };
  const read = () => steps.ask('listing', (stepSignal) => resolveListed(deps, prebooking, credentials, stepSignal));
  const resolved = await readTwice(deps, prebooking, read, signal);
  const decided = resolved && decideByTimetable(prebooking, resolved);
  if (decided) return decided;
  const listed = resolved && 'listed' in resolved ? resolved.listed : undefined;
  return { ...ready, classId: listed?.classId ?? prebooking.classId, isClassListed: listed !== undefined };
}

/** A second reading of the timetable begins at least this long before the opening, in milliseconds: the calibration follows. */
const SECOND_READING_LEAD = 18 * SECOND;

/**
 * Reads the timetable, and reads it again if it shows a reason to hold the shot back or to send it to another row: the timetable
 * may lag behind, or be wrong once. If a late wake-up leaves no time for the second reading, the first one counts.
 */
async function readTwice(
  { clock }: PrepareSessionDeps,
  prebooking: Unfinished,
  read: () => Promise<ResolvedClass | undefined>,
  signal: AbortSignal,
): Promise<ResolvedClass | undefined> {
  const resolved = await read();
  const showsNoChange = !resolved || (resolved.kind !== 'replaced' && !decideByTimetable(prebooking, resolved));
  if (showsNoChange || prebooking.opensAt - clock.now() < SHOWN_WITHIN + SECOND_READING_LEAD) return resolved;
  await clock.until(clock.monotonic() + SHOWN_WITHIN, signal);
  return (await read()) ?? resolved;
}
