import { parseSetCookie } from 'set-cookie-parser';
import { mergeCookies, SESSION_COOKIE } from '../aimharder/cookies.ts';
import { cookieDomainOf, type Origins, urlAt } from '../aimharder/origins.ts';
import { type AimHarderSession, loginRequest } from '../aimharder/requests.ts';
import { Loose } from '../aimharder/wire.ts';
import { DAY, type Instant, SECOND } from '../platform/clock.ts';
import { type Ask, type DoctorAnswer, describeForm, isOutage, REFUSABLE, redactName, toFields } from './ask.ts';
import { defineFact, type Finding } from './finding.ts';

export type Login = { readonly email: string; readonly password: string };

/** The fingerprint of the doctor's own sessions. The member's devices have others, so the doctor ends none of their sessions. */
const FINGERPRINT = 'on-the-dot-doctor';

/** A login that belongs to no member, to see how AimHarder refuses it. */
const UNKNOWN_LOGIN: Login = { email: 'nobody@on-the-dot.invalid', password: 'no-password-at-all' };

export const LOGIN_FACTS = {
  login: defineFact('login', 'Members cannot log in. Change lib/aimharder/login.ts to the new login.'),
  cookie: defineFact('session cookie', 'Requests to a box may not carry the session. See lib/aimharder/cookies.ts.'),
  token: defineFact('refresh token', 'tokenUpdate may not renew what the login gives. See lib/aimharder/login.ts.'),
  refusal: defineFact('refusal', 'Wrong passwords may be taken for a login that has changed.'),
  oldForm: defineFact(
    'old form login',
    'Nothing changes for this service, which does not use the form. Clients that use it may work again.',
  ),
};

/** The findings about a login, and its session if it succeeded. */
export type LoginResult = {
  readonly findings: readonly Finding[];
  readonly session?: AimHarderSession;
  /** The member's roles in the login's answer. */
  readonly roles?: unknown;
  /** True if AimHarder has refused the e-mail and the password; otherwise absent. */
  readonly refused?: true;
};

/** Logs in, and checks the form of the answer. A login has succeeded if the answer has both `authOK` and the session cookie. */
export async function logIn(ask: Ask, origins: Origins, login: Login, now: Instant): Promise<LoginResult> {
  const answer = await ask(loginRequest(origins, { ...login, fingerprint: FINGERPRINT }));
  if ('failed' in answer || isOutage(answer)) return { findings: [LOGIN_FACTS.login.unknown(describeForm(answer))] };
  const { data, error } = toFields(answer.json);
  const { auth, userData, info } = toFields(data);
  const { authOK, refreshToken } = toFields(auth);
  const cookies = mergeCookies([], answer.setCookies, now, {
    host: answer.host,
    cookieDomain: cookieDomainOf(origins),
  });
  const hasCookie = cookies.some(({ name }) => name === SESSION_COOKIE);
  if (isYes(authOK) && hasCookie) {
    const findings = [
      LOGIN_FACTS.login.ok('JSON login: authOK and the session cookie'),
      cookieFinding(answer.setCookies, now),
      tokenFinding(refreshToken, now),
    ];
    const token = typeof refreshToken === 'string' ? refreshToken : '';
    return { findings, session: { fingerprint: FINGERPRINT, token, cookies }, roles: toFields(userData)['roles'] };
  }
  if (isYes(authOK)) return { findings: [LOGIN_FACTS.login.changed('authOK without the session cookie')] };
  if (hasCookie) return { findings: [LOGIN_FACTS.login.changed('the session cookie without authOK')] };
  const { message } = toFields(error);
  if (isNo(authOK) || message === 'LOGIN_ERROR_LOGIN') {
    const reason = saysLocked(info) ? 'locked after too many wrong attempts' : 'wrong e-mail or password';
    return { findings: [LOGIN_FACTS.login.unknown(`refused: ${reason} (${describeForm(answer)})`)], refused: true };
  }
  const errorName = typeof message === 'string' ? `, error ${redactName(message)}` : '';
  return { findings: [LOGIN_FACTS.login.changed(`no JSON login: ${describeForm(answer)}${errorName}`)] };
}

/** Checks for true, or 1 as a number or text. */
const isYes = (value: unknown): boolean => value === true || Loose.integer(value) === 1;
/** Checks for false, or 0 as a number or text. An absent value is not a no. */
const isNo = (value: unknown): boolean => value === false || Loose.integer(value) === 0;

/** Checks for the texts of a locked account, which the form login has shown (lib/aimharder/README.md, "The form login"). */
const saysLocked = (text: unknown): boolean => /demasiadas veces|massa vegades|too many/i.test(Loose.text(text) ?? '');

/** Checks how AimHarder refuses an unknown login: at the JSON login, and at the form login of earlier years. */
export async function checkRefusals(ask: Ask, origins: Origins): Promise<readonly Finding[]> {
  const answer = await ask(loginRequest(origins, { ...UNKNOWN_LOGIN, fingerprint: FINGERPRINT }), REFUSABLE);
  return [refusalFinding(answer), oldFormFinding(await ask(oldFormRequest(origins), REFUSABLE))];
}

function refusalFinding(answer: DoctorAnswer): Finding {
  if ('failed' in answer || isOutage(answer)) return LOGIN_FACTS.refusal.unknown(describeForm(answer));
  const { data, error } = toFields(answer.json);
  if (answer.status === 401 && toFields(error)['message'] === 'LOGIN_ERROR_LOGIN')
    return LOGIN_FACTS.refusal.ok('is 401 with LOGIN_ERROR_LOGIN');
  if (answer.status === 200 && isNo(toFields(toFields(data)['auth'])['authOK']))
    return LOGIN_FACTS.refusal.ok('is 200 with authOK false');
  return LOGIN_FACTS.refusal.changed(describeForm(answer));
}

/** Builds the request of the form login, with the login that belongs to no member. */
function oldFormRequest(origins: Origins) {
  const fields = {
    mail: UNKNOWN_LOGIN.email,
    pw: UNKNOWN_LOGIN.password,
    login: 'Log in',
    loginfingerprint: '0',
    loginiframe: '0',
  };
  const body = new URLSearchParams(fields).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(Buffer.byteLength(body)),
  };
  return { url: urlAt(origins.login, '/'), method: 'POST' as const, headers, body };
}

function oldFormFinding(answer: DoctorAnswer): Finding {
  if ('failed' in answer || isOutage(answer)) return LOGIN_FACTS.oldForm.unknown(describeForm(answer));
  // The form login shows an error as the text of the element `loginErrors`: after the end of its start tag, before the next tag.
  const [, ...afterElementIds] = answer.body.split('id="loginErrors"');
  const showsError = afterElementIds.some((html) => /^[^>]*>[^<]+</.test(html));
  if (showsError) return LOGIN_FACTS.oldForm.changed('is in force: it shows an error to an unknown login');
  return LOGIN_FACTS.oldForm.ok(`is dead: ${describeForm(answer)}, and no error shown`);
}

/** Checks the session cookie: its domain decides whether requests to a box carry the session. */
function cookieFinding(setCookies: readonly string[], now: Instant): Finding {
  const cookies = parseSetCookie([...setCookies]);
  const cookie = cookies.find(({ name }) => name === SESSION_COOKIE);
  const { domain, maxAge, expires } = cookie ?? {};
  const untilExpiry = expires && expires.getTime() - now;
  const millis = maxAge === undefined ? untilExpiry : maxAge * SECOND;
  const lifetime = millis === undefined ? 'for the browser’s session' : `for ${Math.round(millis / DAY)} days`;
  const isForAimHarder = domain !== undefined && /^\.?aimharder\.(?:com|es)$/.test(domain);
  const domainText = isForAimHarder ? `for ${domain}` : 'for another domain';
  // Browsers send a cookie without a domain only to the host that has set it.
  const scope = domain === undefined ? 'for one host only' : domainText;
  const names = cookies.map(({ name }) => redactName(name)).join(', ');
  const found = `${names}; ${SESSION_COOKIE} ${scope}, ${lifetime}`;
  return isForAimHarder ? LOGIN_FACTS.cookie.ok(found) : LOGIN_FACTS.cookie.changed(found);
}

/**
 * Checks the token's form: `<user id>|<expiry, Unix seconds>|<32 hex digits>`. The expiry was 90 days after the issue
 * (lib/aimharder/README.md, "Tokens").
 */
function tokenFinding(token: unknown, now: Instant): Finding {
  if (typeof token !== 'string' || token === '') return LOGIN_FACTS.token.changed('the login gives none');
  const expiry = /^\d+\|(\d{10})\|[0-9a-f]{32}$/.exec(token)?.[1];
  if (expiry === undefined) return LOGIN_FACTS.token.changed('has another form');
  return LOGIN_FACTS.token.ok(
    `has the known form, and says that it expires in ${Math.round((Number(expiry) * SECOND - now) / DAY)} days`,
  );
}
