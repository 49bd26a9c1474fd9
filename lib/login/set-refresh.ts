import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../aimharder/client.ts';
import { type Clock, SECOND } from '../platform/clock.ts';

type SetRefreshDeps = { readonly aimHarder: Pick<AimHarder, 'setRefresh'>; readonly clock: Clock };

/** How long a login waits for AimHarder's answer to `setrefresh`, in milliseconds. The session is usable without that request. */
const SET_REFRESH_TIMEOUT = 3 * SECOND;

/**
 * Calls AimHarder's `setrefresh`, whose page may show a newer token. Most clients of AimHarder do without this request, but one
 * says that its box answered `logout` without it (lib/aimharder/README.md, "setrefresh").
 *
 * @returns the session with the token that the page shows; the unchanged session if AimHarder fails.
 */
export async function setRefresh(
  { aimHarder, clock }: SetRefreshDeps,
  session: AimHarderSession,
  signal: AbortSignal,
): Promise<AimHarderSession> {
  try {
    const limitedSignal = AbortSignal.any([signal, clock.timeout(SET_REFRESH_TIMEOUT)]);
    return { ...(await aimHarder.setRefresh(session, limitedSignal)), fingerprint: session.fingerprint };
  } catch (error) {
    if (error instanceof UpstreamFailure) return session;
    throw error;
  }
}
