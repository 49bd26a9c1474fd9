import type { Instant } from '../../../lib/platform/clock.ts';
import { normalEmail, userDataOf } from './members.ts';
import { hexOf } from './random.ts';
import type { Realm } from './realm.ts';
import { type GymSession, newest } from './sessions.ts';
import { lockedText, wrongText } from './texts.ts';
import {
  formOf,
  type GymRequest,
  HOME,
  json,
  jsonObjectIn,
  NOT_FOUND,
  page,
  type Reply,
  SESSION_COOKIE,
} from './wire.ts';

/** Who asks to be let in. */
type Attempt = { readonly email: string; readonly password: string; readonly fingerprint: string };

/** The JSON login (protocol a.2). */
export function jsonLogin(realm: Realm, request: GymRequest): Reply {
  const { generation, wrongPassword, language } = realm.switches();
  if (generation !== 2026) return NOT_FOUND;
  const attempt = attemptIn(request);
  if (!attempt) return json({ error: { code: 400, message: 'LOGIN_ERROR_MALFORMED_BODY' } }, { status: 400 });
  const { verdict, session } = admit(realm, attempt, request.arrivedAt);
  if (session) return json(welcomeOf(session), { cookies: sessionCookies(realm, session) });
  if (verdict === 'locked') return json({ data: { auth: { authOK: false }, info: lockedText(language) } });
  if (wrongPassword === '200') return json({ data: { auth: { authOK: false } } });
  return json({ error: { code: 401, message: 'LOGIN_ERROR_LOGIN' } }, { status: 401 });
}

function attemptIn({ contentType, body }: GymRequest): Attempt | undefined {
  const { username, password, fingerprint } = (contentType.startsWith('application/json') && jsonObjectIn(body)) || {};
  if (typeof username !== 'string' || typeof password !== 'string' || typeof fingerprint !== 'string') return undefined;
  return { email: normalEmail(username), password, fingerprint };
}

const welcomeOf = ({ email, tokens }: GymSession) => ({
  data: { userData: userDataOf(email), auth: { authOK: true, refreshToken: newest(tokens) } },
});

/** The HTML form (protocol a.1). Since 2026 it shows the plain home page, and logs nobody in. */
export function formLogin(realm: Realm, request: GymRequest): Reply {
  const { generation, language } = realm.switches();
  if (generation !== 2025) return HOME;
  const form = formOf(request);
  const attempt = {
    email: normalEmail(form.get('mail') ?? ''),
    password: form.get('pw') ?? '',
    fingerprint: form.get('loginfingerprint') ?? '0',
  };
  const { verdict, session } = admit(realm, attempt, request.arrivedAt);
  if (!session) return loginForm(verdict === 'locked' ? lockedText(language) : wrongText(language));
  const query = new URLSearchParams({
    token: newest(session.tokens),
    fingerprint: session.fingerprint,
    user: session.email,
    refresh: '1',
  });
  // An empty error element is on good pages too: its text counts, not its presence.
  const content = `<span id="loginErrors"></span><iframe src="/setrefresh?${query}"></iframe><script>window.location.href = "/home";</script>`;
  return page(content, { cookies: sessionCookies(realm, session) });
}

export function loginForm(errors = ''): Reply {
  const inputs =
    '<input id="mail" name="mail"><input id="pw" name="pw" type="password"><input id="loginSubmit" name="login" type="submit">';
  return page(`<span id="loginErrors">${errors}</span><form method="post">${inputs}</form>`);
}

function admit({ members, sessions, record, switches }: Realm, attempt: Attempt, at: Instant) {
  const { email, fingerprint } = attempt;
  const verdict = members.check(attempt, switches(), at);
  record.logins.push({ email, fingerprint, ok: verdict === 'welcome', at });
  return { verdict, session: verdict === 'welcome' ? sessions.open(email, fingerprint, at) : undefined };
}

/** What makes a session, set for the parent domain: one host here, so that a path of `/` is enough. */
export function sessionCookies({ random }: Realm, { cookies }: GymSession): readonly string[] {
  return [
    `${SESSION_COOKIE}=${encodeURIComponent(newest(cookies))}; Path=/; Max-Age=7776000; HttpOnly`,
    `PHPSESSID=${hexOf(random, 26)}; Path=/`,
  ];
}
