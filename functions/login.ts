import { clock, composeBase } from '../lib/compose/base.ts';
import { composeLogin } from '../lib/compose/login.ts';
import { withSessions } from '../lib/compose/sessions.ts';
import { bearerOf, publicApi } from '../lib/http/api.ts';
import { logIn } from '../lib/login/log-in.ts';
import { loginView } from '../lib/login/login-view.ts';
import { SECOND } from '../lib/platform/clock.ts';
import { authenticate } from '../lib/sessions/access-token.ts';
import { LoginBody } from '../lib/sessions/session-api.ts';

/**
 * The longest time that a login waits for AimHarder, in milliseconds. The route is aborted after 28.5 s; the remaining time is
 * for the writes.
 */
const LONGEST_WAIT = 25 * SECOND;

const base = withSessions(composeBase(process.env));

const deps = composeLogin(base);

/**
 * Finds the device session of the access token that the client sends. The token is optional: a client whose token has expired logs
 * in like a client without a token.
 *
 * @returns the session's fingerprint; undefined if the client sends no live token of this member.
 */
async function findDeviceOfToken(bearer: string | undefined, email: string): Promise<string | undefined> {
  if (bearer === undefined) return undefined;
  const caller = await authenticate(base.sessions, bearer, clock.now()).catch(() => undefined);
  return caller?.email === email ? caller.fingerprint : undefined;
}

/** POST /v1/login → 200 `{accessToken, tokenType, expiresAt, session, backgroundSession, warnings}`. */
export const handler = publicApi({ body: LoginBody }, async ({ event, body, signal }) => {
  const deviceOfToken = await findDeviceOfToken(bearerOf(event), body.email);
  const { sourceIp: sourceAddress } = event.requestContext.http;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_WAIT)]);
  return { status: 200, body: loginView(await logIn(deps, body, { sourceAddress, deviceOfToken }, deadline)) };
});
