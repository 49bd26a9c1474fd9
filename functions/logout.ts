import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSubscriptions } from '../lib/compose/push.ts';
import { isDeviceFingerprint } from '../lib/sessions/fingerprint.ts';
import { LogoutBody } from '../lib/sessions/session-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const { sessions } = base;
const subscriptions = composeSubscriptions(base);

/**
 * POST /v1/logout → 204: ends the device session with the given fingerprint, or all of the caller's device sessions if none is
 * given. The background session never ends here. The devices' push subscriptions are deleted first, and the caller's own
 * session last, because a caller whose session has ended could not repeat a request that failed halfway.
 * AimHarder's own logout is never called, because it may end every session of the account (lib/aimharder/README.md, "What
 * ends a session").
 */
export const handler = memberRoute({ body: LogoutBody }, async ({ body: { fingerprint } }, caller) => {
  const { email } = caller;
  await subscriptions.removeAllOf(email, fingerprint);
  if (fingerprint === undefined)
    await sessions.deleteSession(email, { sessionType: 'device', last: caller.fingerprint });
  else if (isDeviceFingerprint(fingerprint))
    await sessions.deleteSession(email, { fingerprint, sessionType: 'device' });
  return { status: 204 };
});
