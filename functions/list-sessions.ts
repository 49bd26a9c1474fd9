import { composeAuthenticate, composeDocuments, composeSessions } from '../lib/compose.ts';
import { memberApi } from '../lib/http/api.ts';
import { describeSession } from '../lib/sessions/session-item.ts';

const sessions = composeSessions(process.env, composeDocuments());

/** GET /v1/sessions → 200 `{sessions}`. */
export const handler = memberApi(composeAuthenticate(sessions), async (_request, caller) => {
  const all = await sessions.getAllUserSessions(caller.email);
  return { status: 200, body: { sessions: all.map((session) => describeSession(session, caller.fingerprint)) } };
});
