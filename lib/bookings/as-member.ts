import { type AimHarderSession, type Box, LoggedOut } from '../aimharder/client.ts';
import { AppError, SessionDied } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { Session } from '../sessions/session.ts';

/** A member at one of their boxes, with a session that AimHarder should accept. */
export type MemberAtBox = { readonly session: Session; readonly credentials: AimHarderSession; readonly box: Box };

/**
 * @throws AppError box-not-found for a box that AimHarder did not name at this member's login: no request leaves for it.
 * @throws SessionDied when AimHarder has ended the session.
 */
export async function memberAtBox(
  deps: MemberUpstream,
  caller: Session,
  box: string,
  signal: AbortSignal,
): Promise<MemberAtBox> {
  const known = caller.boxes.find((one) => one.box === box);
  if (!known) throw new AppError('box-not-found', 'You are not a member of that box, or it does not exist.');
  const session = await deps.refresher.ensureFresh(caller, signal);
  return { session, credentials: await deps.tokens.decrypt(session), box: known };
}

/** The member with the session as it is now: another caller may have renewed it. */
export async function reload(deps: MemberUpstream, member: MemberAtBox): Promise<MemberAtBox> {
  const session = await deps.sessions.find(member.session);
  return session ? { ...member, session, credentials: await deps.tokens.decrypt(session) } : member;
}

/**
 * Asks AimHarder in the member's name. What it refuses with `logout:1` it has not done: when another caller has renewed the
 * token meanwhile, it is asked again with the newer one.
 *
 * @param ask throws LoggedOut when AimHarder has refused the session.
 * @throws SessionDied when AimHarder has ended it.
 */
export async function withLiveSession<T>(
  deps: MemberUpstream,
  member: MemberAtBox,
  signal: AbortSignal,
  ask: (member: MemberAtBox) => Promise<T>,
): Promise<T> {
  for (let asking = member; ; ) {
    try {
      return await ask(asking);
    } catch (error) {
      if (!(error instanceof LoggedOut)) throw error;
    }
    const session = await deps.refresher.awaitRenewal(asking.session, signal);
    if (!session) throw new SessionDied();
    asking = { ...member, session, credentials: await deps.tokens.decrypt(session) };
  }
}
