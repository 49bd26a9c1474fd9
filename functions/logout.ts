import { composeDocuments } from '../lib/compose/base.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { isDeviceFingerprint } from '../lib/sessions/fingerprint.ts';
import { LogoutBody } from '../lib/sessions/session-api.ts';

const sessions = composeSessions(process.env, composeDocuments());

/**
 * POST /v1/logout → 204: ends that device session, or all of the caller's. Never the background session, and
 * AimHarder's own logout is never called: it is said to end every session of the account.
 */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { body: LogoutBody },
  async ({ body: { fingerprint } }, { email }) => {
    if (fingerprint === undefined) await sessions.deleteSession(email, { sessionType: 'device' });
    else if (isDeviceFingerprint(fingerprint))
      await sessions.deleteSession(email, { fingerprint, sessionType: 'device' });
    return { status: 204 };
  },
);
