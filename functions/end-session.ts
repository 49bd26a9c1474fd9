import { composeAuthenticate, composeDocuments, composeForgetCredentials, composeSessions } from '../lib/compose.ts';
import { memberApi } from '../lib/http/api.ts';
import { decodePath, decodeQuery } from '../lib/http/decode.ts';
import { systemClock } from '../lib/platform/system-clock.ts';
import { endSession } from '../lib/sessions/end-session.ts';
import { EndSessionQuery, SessionPath } from '../lib/sessions/session-api.ts';

const documents = composeDocuments();
const sessions = composeSessions(process.env, documents);
const deps = { sessions, forgetCredentials: composeForgetCredentials(process.env, documents) };

/** DELETE /v1/sessions/{fingerprint} → 204. */
export const handler = memberApi(composeAuthenticate(sessions), async ({ event }, caller) => {
  const { fingerprint } = decodePath(event, SessionPath);
  const { confirmProtectedDeletion } = decodeQuery(event, EndSessionQuery);
  await endSession(deps, caller, fingerprint, confirmProtectedDeletion === 'true', systemClock.now());
  return { status: 204 };
});
