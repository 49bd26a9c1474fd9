import { clock } from '../lib/compose/base.ts';
import { composeForgetPassword } from '../lib/compose/login.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSubscriptions } from '../lib/compose/push.ts';
import { endSession } from '../lib/sessions/end-session.ts';
import { EndSessionQuery, SessionPath } from '../lib/sessions/session-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = { sessions: base.sessions, forgetPassword: composeForgetPassword(base) };

const subscriptions = composeSubscriptions(base);

/**
 * DELETE /v1/sessions/{fingerprint} → 204: ends one of the caller's sessions. The push subscriptions of its device are removed
 * first: if that fails, the session still exists, and the client can repeat the request.
 */
export const handler = memberRoute(
  { path: SessionPath, query: EndSessionQuery },
  async ({ path: { fingerprint }, query: { confirmProtectedDeletion } }, caller) => {
    await subscriptions.removeAllOf(caller.email, fingerprint);
    await endSession(deps, caller, fingerprint, confirmProtectedDeletion === 'true', clock.now());
    return { status: 204 };
  },
);
