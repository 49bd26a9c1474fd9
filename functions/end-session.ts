import { composeDocuments } from '../lib/compose/base.ts';
import { composeAuthenticate, composeForgetPassword, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { endSession } from '../lib/sessions/end-session.ts';
import { EndSessionQuery, SessionPath } from '../lib/sessions/session-api.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const deps = { sessions, forgetCredentials: composeForgetPassword(process.env, documents) };

/** DELETE /v1/sessions/{fingerprint} → 204. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { path: SessionPath, query: EndSessionQuery },
  async ({ path: { fingerprint }, query: { confirmProtectedDeletion } }, caller) => {
    await endSession(deps, caller, fingerprint, confirmProtectedDeletion === 'true', systemClock.now());
    return { status: 204 };
  },
);
