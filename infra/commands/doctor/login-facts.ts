import { parseSetCookie } from 'set-cookie-parser';
import { mergeCookies, SESSION_COOKIE } from '../../../lib/aimharder/cookies.ts';
import { type Origins, parentDomainOf, urlAt } from '../../../lib/aimharder/origins.ts';
import { type AimHarderSession, loginRequest } from '../../../lib/aimharder/requests.ts';
import { Loose } from '../../../lib/aimharder/wire.ts';
import { DAY, type Instant } from '../../../lib/platform/clock.ts';
import { type Ask, type DoctorAnswer, describeForm, isOutage, redactName, toFields } from './ask.ts';
import { type Finding, fact } from './finding.ts';

export type Login = { readonly email: string; readonly password: string };

/** The fingerprint of the doctor's own device, which keeps its sessions apart from the member's other sessions. */
const FINGERPRINT = 'on-the-dot-doctor';

/** The login of nobody. It shows what AimHarder answers a stranger, and needs no member's password. */
const STRANGER: Login = { email: 'nobody@on-the-dot.invalid', password: 'no-password-at-all' };

const FACTS = {
  login: fact('login', 'Nobody can log in. Change lib/aimharder/login.ts to the new login.'),
  cookie: fact('session cookie', 'Requests to a box may not carry the session. See lib/aimharder/cookies.ts.'),
  token: fact('refresh token', 'tokenUpdate may not renew what the login gives. See lib/aimharder/login.ts.'),
  refusal: fact('refusal', 'Wrong passwords may be taken for a login that has changed.'),
  oldForm: fact('old form login', 'Nothing: this service does not use it. Clients that do may work again.'),
};

export type LoggedIn = {
  readonly findings: readonly Finding[];
  readonly session?: AimHarderSession;
  readonly roles?: unknown;
  /** AimHarder has refused e-mail and password, so nothing more can be asked. */
  readonly refused?: true;
};

export async function logIn(ask: Ask, origins: Origins, login: Login, now: Instant): Promise<LoggedIn> {
  const asked = await ask(loginRequest(origins, { ...login, fingerprint: FINGERPRINT }));
  if ('failed' in asked || isOutage(asked)) return { findings: [FACTS.login.unknown(describeForm(asked))] };
  const { data, error } = toFields(asked.json);
  const { auth, userData, info } = toFields(data);
  const { authOK, refreshToken } = toFields(auth);
  const cookies = mergeCookies([], asked.setCookies, now, {
    host: asked.host,
    parent: parentDomainOf(origins),
  });
  const hasCookie = cookies.some(({ name }) => name === SESSION_COOKIE);
  if (isYes(authOK) && hasCookie) {
    const findings = [
      FACTS.login.ok('JSON login: authOK and the session cookie'),
      cookieFinding(asked.setCookies, now),
      tokenFinding(refreshToken, now),
    ];
    const token = typeof refreshToken === 'string' ? refreshToken : '';
    return { findings, session: { fingerprint: FINGERPRINT, token, cookies }, roles: toFields(userData)['roles'] };
  }
  if (isYes(authOK)) return { findings: [FACTS.login.changed('authOK without the session cookie')] };
  if (hasCookie) return { findings: [FACTS.login.changed('the session cookie without authOK')] };
  const { message } = toFields(error);
  if (isNo(authOK) || message === 'LOGIN_ERROR_LOGIN') {
    const why = isLock(info) ? 'locked after too many wrong attempts' : 'wrong e-mail or password';
    return { findings: [FACTS.login.unknown(`refused: ${why} (${describeForm(asked)})`)], refused: true };
  }
  const named = typeof message === 'string' ? `, error ${redactName(message)}` : '';
  return { findings: [FACTS.login.changed(`no JSON login: ${describeForm(asked)}${named}`)] };
}

const isYes = (value: unknown): boolean => value === true || Loose.integer(value) === 1;
const isNo = (value: unknown): boolean => value === false || Loose.integer(value) === 0;

/** The texts of the lock, as seen at the form login (lib/aimharder/README.md, "The form login"). */
const isLock = (text: unknown): boolean => /demasiadas veces|massa vegades|too many/i.test(Loose.text(text) ?? '');

/** Finds what AimHarder answers a stranger, at the JSON login and at the form that it had before. */
export async function checkRefusals(ask: Ask, origins: Origins): Promise<readonly Finding[]> {
  const json = await ask(loginRequest(origins, { ...STRANGER, fingerprint: FINGERPRINT }));
  return [refusalFinding(json), oldFormFinding(await ask(oldFormRequest(origins)))];
}

function refusalFinding(asked: DoctorAnswer): Finding {
  if ('failed' in asked || isOutage(asked)) return FACTS.refusal.unknown(describeForm(asked));
  const { data, error } = toFields(asked.json);
  if (asked.status === 401 && toFields(error)['message'] === 'LOGIN_ERROR_LOGIN')
    return FACTS.refusal.ok('is 401 with LOGIN_ERROR_LOGIN');
  if (asked.status === 200 && isNo(toFields(toFields(data)['auth'])['authOK']))
    return FACTS.refusal.ok('is 200 with authOK false');
  return FACTS.refusal.changed(describeForm(asked));
}

function oldFormRequest(origins: Origins) {
  const fields = {
    mail: STRANGER.email,
    pw: STRANGER.password,
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

function oldFormFinding(asked: DoctorAnswer): Finding {
  if ('failed' in asked || isOutage(asked)) return FACTS.oldForm.unknown(describeForm(asked));
  const error = /id="loginErrors"[^>]*>([^<]+)</.test(asked.body);
  if (error) return FACTS.oldForm.changed('is in force: it names the error to a stranger');
  return FACTS.oldForm.ok(`is dead: ${describeForm(asked)}, and no error shown`);
}

function cookieFinding(setCookies: readonly string[], now: Instant): Finding {
  const cookies = parseSetCookie([...setCookies]);
  const cookie = cookies.find(({ name }) => name === SESSION_COOKIE);
  const { domain, maxAge, expires } = cookie ?? {};
  const lasts = maxAge ?? (expires ? (expires.getTime() - now) / 1_000 : undefined);
  const days = lasts === undefined ? 'for the browser’s session' : `for ${Math.round((lasts * 1_000) / DAY)} days`;
  const known = domain !== undefined && /^\.?aimharder\.(?:com|es)$/.test(domain);
  const valid = domain === undefined ? 'for one host only' : known ? `for ${domain}` : 'for another domain';
  const found = `${cookies.map(({ name }) => redactName(name)).join(', ')}; ${SESSION_COOKIE} ${valid}, ${days}`;
  return known ? FACTS.cookie.ok(found) : FACTS.cookie.changed(found);
}

/**
 * `<user id>|<expiry, Unix seconds>|<32 hex digits>`, seen to expire 90 days after its issue
 * (lib/aimharder/README.md, "Tokens").
 */
function tokenFinding(token: unknown, now: Instant): Finding {
  if (typeof token !== 'string' || token === '') return FACTS.token.changed('the login gives none');
  const expiry = /^\d+\|(\d{10})\|[0-9a-f]{32}$/.exec(token)?.[1];
  if (expiry === undefined) return FACTS.token.changed('has another form');
  return FACTS.token.ok(
    `has the known form, and says that it expires in ${Math.round((Number(expiry) * 1_000 - now) / DAY)} days`,
  );
}
