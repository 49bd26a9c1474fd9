import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeUpstream } from '../lib/compose/upstream.ts';
import { AppError, SessionDied } from '../lib/platform/errors.ts';
import { sessionView } from '../lib/sessions/session-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const { refresher } = composeUpstream(base);

/** POST /v1/sessions/refresh → 200 `{session}`: refreshes the caller's device session now. */
export const handler = memberRoute({}, async ({ signal }, caller) => {
  const outcome = await refresher.refresh(caller, signal);
  switch (outcome.kind) {
    case 'refreshed':
      return { status: 200, body: { session: sessionView(outcome.session, caller.fingerprint) } };
    case 'failed':
      throw outcome.failure;
    case 'changed':
      // Without a session, the session was deleted meanwhile.
      if (!outcome.session) throw new SessionDied();
      throw new AppError('session-changed', 'A later login has replaced this session. Use its access token.');
    case 'ended':
      throw new SessionDied();
  }
});
