import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../aimharder/client.ts';

type WaitlistPlace = { readonly box: string; readonly bookingId: string; readonly familyId: string | null };

/**
 * Gives up a place on the waitlist. This never costs a credit: a cancellation that AimHarder calls late is not forced.
 *
 * @returns false if the member still has the place.
 */
export async function leaveWaitlist(
  aimHarder: AimHarder,
  session: AimHarderSession,
  { box, bookingId, familyId }: WaitlistPlace,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const request = { box, bookingId, late: false, familyId: familyId ?? undefined };
    return (await aimHarder.cancel(session, request, signal)) === 'cancelled';
  } catch (error) {
    if (error instanceof UpstreamFailure) return false;
    throw error;
  }
}
