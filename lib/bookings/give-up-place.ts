import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../aimharder/client.ts';
import type { Clock } from '../platform/clock.ts';
import { showsNoPlace } from './evidence.ts';
import { readPlace, readUntilConclusive, SHOWN_WITHIN, type SoughtClass } from './read-back.ts';

/**
 * Gives up a place: a place on the waitlist, or the seat of a pre-booking that the member has cancelled. This never costs a
 * credit: if AimHarder calls the cancellation late, the member keeps the place. After an answer that was lost or not
 * understood, the timetable shows whether the place is gone.
 *
 * @returns false if the member still has the place, or may have it.
 */
export async function giveUpPlace(
  { aimHarder, clock }: { readonly aimHarder: AimHarder; readonly clock: Clock },
  session: AimHarderSession,
  place: SoughtClass & { readonly bookingId: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { box, bookingId, familyId } = place;
  try {
    const request = { box, bookingId, late: false, familyId: familyId ?? undefined };
    return (await aimHarder.cancel(session, request, signal)) === 'cancelled';
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    if (!error.mayHaveTakenEffect) return false;
  }
  const options = {
    read: () => readPlace(aimHarder, session, place, signal),
    isConclusive: showsNoPlace,
    until: clock.monotonic() + SHOWN_WITHIN,
  };
  return showsNoPlace(await readUntilConclusive(clock, options, signal));
}
