import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../aimharder/client.ts';

type Place = { readonly box: string; readonly bookingId: string; readonly familyId: string | null };

/**
 * Gives a place on the waitlist back that the member does not want. It costs nothing: a late cancellation is not made.
 *
 * @returns false when AimHarder kept it.
 */
export async function leaveWaitlist(
  aimHarder: AimHarder,
  session: AimHarderSession,
  { box, bookingId, familyId }: Place,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const order = { box, bookingId, late: false, familyId: familyId ?? undefined };
    return (await aimHarder.cancel(session, order, signal)) === 'cancelled';
  } catch (error) {
    if (error instanceof UpstreamFailure) return false;
    throw error;
  }
}
