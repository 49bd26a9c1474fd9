import type { AimHarder, AimHarderSession } from '../aimharder/client.ts';
import { type Found, type Proven, readBack, readBackProven, type Sought } from '../bookings/read-back.ts';
import { type Clock, SECOND } from '../platform/clock.ts';

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
