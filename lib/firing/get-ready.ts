import type { AimHarderSession } from '../aimharder/client.ts';
import type { Preparation, Unfinished } from '../prebookings/prebooking.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import { type PrepareSessionDeps, prepareSession } from './prepare-session.ts';
import type { Steps } from './steps.ts';
import { type Decided, decide, resolveListed } from './timetable-check.ts';

/** What is known before the calibration. A step that failed leaves its part unknown, and the shot is sent all the same. */
export type Ready = {
  /** The background session; undefined if there is none, or the database has not told. */
  readonly session: BackgroundSession | undefined;
  /** What the session calls AimHarder with. */
  readonly credentials: AimHarderSession | undefined;
  /** The class's slot id by the current timetable; null while the timetable does not show the class. */
  readonly classId: string | null;
  /** Resolves once the session is reserved, or that has failed. */
  readonly reserved: Promise<unknown>;
} & Pick<Preparation, 'isSessionProven' | 'isClassListed'>;

const UNPREPARED = { isSessionProven: false, isClassListed: false };

/**
 * Makes the session usable, and finds the class. What an earlier preparation has done is not done again.
 *
 * @returns what the timetable has decided, if no shot may leave for this opening.
 */
export async function getReady(
  deps: PrepareSessionDeps,
  prebooking: Unfinished,
  steps: Steps,
): Promise<Ready | Decided> {
  const known = (prebooking.status === 'pending' && prebooking.prepared) || UNPREPARED;
  const { session, isProven, reserved } = await prepareSession(deps, prebooking, known.isSessionProven, steps);
  const credentials = session && (await steps.ask(() => deps.tokens.decrypt(session)));
  const ready = { session, credentials, reserved, isSessionProven: isProven };
  if (known.isClassListed) return { ...ready, classId: prebooking.classId, isClassListed: true };
  const resolved = await steps.run('listing', (patience) => resolveListed(deps, prebooking, credentials, patience));
  const decided = resolved && decide(prebooking, resolved);
  if (decided) return decided;
  const listed = resolved && 'listed' in resolved ? resolved.listed : undefined;
  return { ...ready, classId: listed?.classId ?? prebooking.classId, isClassListed: listed !== undefined };
}
