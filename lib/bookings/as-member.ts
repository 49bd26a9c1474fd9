import { type AimHarderSession, type Box, LoggedOut } from '../aimharder/client.ts';
import { AppError, SessionDied } from '../platform/errors.ts';
import type { MemberUpstream } from '../refresh/member-upstream.ts';
import type { Session } from '../sessions/session.ts';

/** A member at one of their boxes, with a session that AimHarder should accept. */
export type MemberAtBox = { readonly session: Session; readonly credentials: AimHarderSession; readonly box: Box };

/**
 * Prepares a caller's session for requests at one of their boxes. Refreshes the session if it is stale.
 *
 * @param subdomain of the box.
 * @throws AppError box-not-found for a box that AimHarder did not name at this member's login; nothing is sent to that box.
 * @throws SessionDied when AimHarder has ended the session.
 */
export async function prepareMember(
  deps: MemberUpstream,
  caller: Session,
  subdomain: string,
  signal: AbortSignal,
): Promise<MemberAtBox> {
  const box = caller.boxes.find((listed) => listed.box === subdomain);
  if (!box) throw new AppError('box-not-found', 'You are not a member of that box, or it does not exist.');
  const session = await deps.refresher.ensureFresh(caller, signal);
  return { session, credentials: await deps.tokens.decrypt(session), box };
}

/** Loads the member's session again, because another caller may have replaced its token. A deleted session stays as it was. */
export async function reload(deps: MemberUpstream, member: MemberAtBox): Promise<MemberAtBox> {
  const session = await deps.sessions.find(member.session);
  return session ? { ...member, session, credentials: await deps.tokens.decrypt(session) } : member;
}

/**
 * Runs a request on the member's behalf. If AimHarder refuses the token only because another caller has replaced it, the
 * request runs again with the new token. That is safe, because a request that gets `logout` has done nothing.
 *
 * @param request what to run; throws LoggedOut when AimHarder has refused the session.
 * @throws SessionDied when AimHarder has ended the session.
 */
export async function withLiveSession<T>(
  deps: MemberUpstream,
  member: MemberAtBox,
  signal: AbortSignal,
  request: (member: MemberAtBox) => Promise<T>,
): Promise<T> {
  for (let current = member; ; ) {
    try {
      return await request(current);
    } catch (error) {
      if (!(error instanceof LoggedOut)) throw error;
    }
    const session = await deps.refresher.awaitRenewal(current.session, signal);
    if (!session) throw new SessionDied();
    current = { ...member, session, credentials: await deps.tokens.decrypt(session) };
  }
}
