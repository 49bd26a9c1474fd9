import { composeDocuments } from '../lib/compose/base.ts';
import { composeBoxes } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeKeptPasswords, composeLogin, composeSessions } from '../lib/compose/sessions.ts';
import { bearerOf, publicApi } from '../lib/http/api.ts';
import { dualLogin } from '../lib/login/dual-login.ts';
import { keepPassword } from '../lib/login/keep-password.ts';
import { SECOND } from '../lib/platform/clock.ts';
import { generateDeviceFingerprint } from '../lib/sessions/fingerprint.ts';
import { LoginBody } from '../lib/sessions/session-api.ts';
import { sessionView } from '../lib/sessions/session-view.ts';

/** API Gateway gives up after 30 s; the stores need some of it after AimHarder's last answer. */
const PATIENCE = 25 * SECOND;

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const authenticate = composeAuthenticate(sessions);

const keptPasswords = composeKeptPasswords(process.env, documents);

const deps = {
  ...composeLogin(process.env, documents, sessions),
  boxes: composeBoxes(process.env, documents),
};

/** POST /v1/login → 200 `{accessToken, tokenType, expiresAt, session, backgroundSession, warnings}`. */
export const handler = publicApi({ body: LoginBody }, async ({ event, body, signal }) => {
  const {
    fingerprint = generateDeviceFingerprint(),
    deviceName = null,
    keepCredentials: keeps = false,
    ...identity
  } = body;
  const caller = bearerOf(event) && (await authenticate(bearerOf(event)).catch(() => undefined));
  const login = {
    ...identity,
    fingerprint,
    deviceName,
    sourceAddress: event.requestContext.http.sourceIp,
    provenMember: caller ? caller.email === body.email : false,
  };
  const loggedIn = await dualLogin(deps, login, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]));
  if (keeps) await keepPassword({ ...deps, keptPasswords }, body, loggedIn);
  const session = sessionView(loggedIn.session, fingerprint);
  return {
    status: 200,
    body: {
      accessToken: loggedIn.accessToken,
      tokenType: 'Bearer',
      expiresAt: session.expiresAt,
      session,
      backgroundSession: loggedIn.backgroundSession && sessionView(loggedIn.backgroundSession, fingerprint),
      warnings: loggedIn.warnings,
    },
  };
});
