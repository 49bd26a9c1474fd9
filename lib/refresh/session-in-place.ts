import type { AimHarderSession } from '../aimharder/client.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import { endAtLogout, type RefreshDeps, refreshSession } from './refresh-session.ts';

export async function liveSession(
  { sessions }: Pick<RefreshDeps, 'sessions'>,
  email: string,
): Promise<BackgroundSession | undefined> {
  const session = await sessions.getBackgroundSession(email);
  return session?.state === 'active' ? session : undefined;
}

/** After `logout:1`: a login may have brought a newer token; else one refresh is tried; else the session is marked dead. */
export async function sessionInPlaceOf(
  deps: RefreshDeps,
  refused: BackgroundSession,
  signal: AbortSignal,
): Promise<AimHarderSession | undefined> {
  const session = await liveSession(deps, refused.email);
  if (!session) return undefined;
  if (session.tokenVersion !== refused.tokenVersion) return deps.tokens.open(session);
  const outcome = await refreshSession(deps, session, signal);
  if (outcome.kind === 'refreshed') return deps.tokens.open(outcome.session);
  if (outcome.kind === 'changed' && outcome.session?.state === 'active') return deps.tokens.open(outcome.session);
  if (outcome.kind === 'failed') await endAtLogout(deps, session);
  return undefined;
}
