import type { Instant } from '../../lib/platform/clock.ts';
import { describeMember, normalizeEmail } from './members.ts';
import { drawHex } from './random.ts';
import { newest, type SimulatedSession } from './sessions.ts';
import { record, type SimulatorState } from './state.ts';
import type { Switches } from './switches.ts';
import { lockedText, wrongPasswordText } from './texts.ts';
import {
  HOME,
  json,
  NOT_FOUND,
  page,
  parseForm,
  parseJsonObject,
  type Reply,
  SESSION_COOKIE,
  type SimulatorRequest,
} from './wire.ts';

type LoginAttempt = { readonly email: string; readonly password: string; readonly fingerprint: string };

/** Logs in with a JSON body (lib/aimharder/README.md, "The JSON login"). In generation 2025, this login does not exist. */
export function jsonLogin(state: SimulatorState, request: SimulatorRequest): Reply {
  const { generation, wrongPassword, language } = state.switches();
  if (generation === 2025) return NOT_FOUND;
  const attempt = decodeLogin(request);
  if (!attempt) return json({ error: { code: 400, message: 'LOGIN_ERROR_MALFORMED_BODY' } }, { status: 400 });
  const { verdict, session } = checkAndOpen(state, attempt, request.arrivedAt);
  if (session) return buildJsonAnswer(state, session);
  if (verdict === 'locked') return json({ data: { auth: { authOK: false }, info: lockedText(language) } });
  if (wrongPassword === '200') return json({ data: { auth: { authOK: false } } });
  return json({ error: { code: 401, message: 'LOGIN_ERROR_LOGIN' } }, { status: 401 });
}

function decodeLogin({ contentType, body }: SimulatorRequest): LoginAttempt | undefined {
  const { username, password, fingerprint } =
    (contentType.startsWith('application/json') && parseJsonObject(body)) || {};
  if (typeof username !== 'string' || typeof password !== 'string' || typeof fingerprint !== 'string') return undefined;
  return { email: normalizeEmail(username), password, fingerprint };
}

/** Builds the answer to a JSON login with the right password. With the switch `loginTrap`, the answer lacks a sign of success. */
function buildJsonAnswer(state: SimulatorState, session: SimulatedSession): Reply {
  const { loginTrap } = state.switches();
  const cookies = loginTrap === 'no-cookie' ? [] : buildSessionCookies(state, session);
  if (loginTrap === 'cookie-only') {
    state.sessions.endOne(session);
    return json({ data: { auth: { authOK: false } } }, { cookies });
  }
  const auth = { authOK: true, refreshToken: newest(session.tokens) };
  return json({ data: { userData: describeMember(session.email), auth } }, { cookies });
}

/** Logs in with the HTML form (lib/aimharder/README.md, "The form login"). In generation 2026, only shows the home page. */
export function formLogin(state: SimulatorState, request: SimulatorRequest): Reply {
  const { generation, language } = state.switches();
  if (generation === 2026) return HOME;
  const form = parseForm(request);
  const attempt = {
    email: normalizeEmail(form.get('mail') ?? ''),
    password: form.get('pw') ?? '',
    fingerprint: form.get('loginfingerprint') ?? '0',
  };
  const { verdict, session } = checkAndOpen(state, attempt, request.arrivedAt);
  if (!session) return renderLoginForm(verdict === 'locked' ? lockedText(language) : wrongPasswordText(language));
  return buildFormAnswer(state, session);
}

/** Builds the answer to a successful form login. */
function buildFormAnswer(state: SimulatorState, session: SimulatedSession): Reply {
  const cookies = buildSessionCookies(state, session);
  if (state.switches().formSuccess === 'redirect')
    return { status: 302, headers: { location: '/www/home' }, cookies, body: '' };
  const query = new URLSearchParams({
    token: newest(session.tokens),
    fingerprint: session.fingerprint,
    user: session.email,
    refresh: '1',
  });
  // The page of a successful login has the error element too, but empty: only a text in it shows an error.
  const content = `<span id="loginErrors"></span><iframe src="/setrefresh?${query}"></iframe><script>window.location.href = "/home";</script>`;
  return page(content, { cookies });
}

/** Renders the page with the login form, and a text in its error element. */
export function renderLoginForm(errors = ''): Reply {
  const inputs =
    '<input id="mail" name="mail"><input id="pw" name="pw" type="password"><input id="loginSubmit" name="login" type="submit">';
  return page(`<span id="loginErrors">${errors}</span><form method="post">${inputs}</form>`);
}

/** Checks the password, records the attempt and, if the password is right, opens a session. */
function checkAndOpen(
  { members, sessions, record: { logins }, switches }: SimulatorState,
  attempt: LoginAttempt,
  at: Instant,
) {
  const { email, fingerprint } = attempt;
  const verdict = members.check(attempt, switches(), at);
  record(logins, { email, fingerprint, ok: verdict === 'right', at });
  if (verdict !== 'right') return { verdict, session: undefined };
  if (switches().sameFingerprintEndsFirst) sessions.end({ email, fingerprint });
  return { verdict, session: sessions.open(email, fingerprint, at) };
}

/** Builds the cookies of a session. Its own cookie lives for 90 days, and its default domain covers the hosts of all boxes. */
export function buildSessionCookies(
  { random, switches }: SimulatorState,
  { cookies }: SimulatedSession,
): readonly string[] {
  const value = encodeURIComponent(newest(cookies));
  return [
    `${SESSION_COOKIE}=${value}; ${formatCookieScope(switches())}; Max-Age=7776000; HttpOnly`,
    `PHPSESSID=${drawHex(random, 26)}; Path=/`,
  ];
}

/** Formats the attributes `Domain` and `Path` of the session cookie, which limit where the cookie is valid. */
export const formatCookieScope = ({ cookieDomain }: Switches): string =>
  cookieDomain === null ? 'Path=/' : `Domain=${cookieDomain}; Path=/`;
