import { type AimHarderSession, alike, listOver, UpstreamFailure } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { ClassOrder } from '../prebookings/prebooking.ts';

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
