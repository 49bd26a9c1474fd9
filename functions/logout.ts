import { composeMemberApi } from '../lib/compose/member-api.ts';
import { isDeviceFingerprint } from '../lib/sessions/fingerprint.ts';
import { LogoutBody } from '../lib/sessions/session-api.ts';

const {
  base: { sessions },
  memberRoute,
} = composeMemberApi(process.env);

/**
 * POST /v1/logout → 204: ends the named device session, or all of the caller's, but never the background session.
 * AimHarder's own logout is never called, because it may end every session of the account (lib/aimharder/README.md).
 */
export const handler = memberRoute({ body: LogoutBody }, async ({ body: { fingerprint } }, caller) => {
  const { email } = caller;
  if (fingerprint === undefined)
    await sessions.deleteSession(email, { sessionType: 'device', last: caller.fingerprint });
  else if (isDeviceFingerprint(fingerprint))
    await sessions.deleteSession(email, { fingerprint, sessionType: 'device' });
  return { status: 204 };
});
