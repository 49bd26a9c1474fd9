import { type Behaviour, HOUR } from './behaviour.ts';
import * as asked from './questions.ts';

const REFUSED_LOGIN = { status: 401, json: { error: { code: 401, message: 'LOGIN_ERROR_LOGIN' } }, logsIn: false };
const FORM_SUCCESS = { status: 200, errors: '', frame: true, script: true };
const AUTH_FALSE = { data: { auth: { authOK: false } } };

/** Which of the two logins exist. */
export const generations: readonly Behaviour[] = [
  {
    switches: { generation: 2026 },
    says: 'the form shows the home page and lets nobody in',
    ask: asked.formLogin,
    answer: { status: 200, html: true, authCookie: false, logsIn: false },
  },
  { switches: { generation: 2025 }, says: 'no JSON login', ask: asked.jsonLogin, answer: { status: 404 } },
  {
    switches: { generation: 2025 },
    says: 'the form lets in',
    ask: asked.formLogin,
    answer: { status: 200, authCookie: true, logsIn: true },
  },
  { switches: { generation: 'both' }, says: 'the form lets in', ask: asked.formLogin, answer: { logsIn: true } },
  { switches: { generation: 'both' }, says: 'the JSON login too', ask: asked.jsonLogin, answer: { logsIn: true } },
  {
    switches: {},
    says: 'the form on the site too shows the home page',
    ask: asked.formLoginOnSite,
    answer: { status: 200, html: true, logsIn: false },
  },
];

export const jsonLogin: readonly Behaviour[] = [
  {
    switches: {},
    says: 'the JSON login lets in',
    ask: asked.jsonLogin,
    answer: { status: 200, json: { data: { auth: { authOK: true } } }, authCookie: true, logsIn: true },
  },
  {
    switches: {},
    says: 'a form sent to the JSON login is malformed',
    ask: asked.formToJson,
    answer: { json: { error: { message: 'LOGIN_ERROR_MALFORMED_BODY' } }, logsIn: false },
  },
  { switches: { wrongPassword: '401' }, says: 'wrong password', ask: asked.wrongLogin, answer: REFUSED_LOGIN },
  {
    switches: { wrongPassword: '200' },
    says: 'wrong password',
    ask: asked.wrongLogin,
    answer: { status: 200, json: AUTH_FALSE, authCookie: false, logsIn: false },
  },
  {
    switches: { loginTrap: 'no-cookie' },
    says: 'authOK without the cookie',
    ask: asked.jsonLogin,
    answer: { status: 200, json: { data: { auth: { authOK: true } } }, authCookie: false, logsIn: false },
  },
  {
    switches: { loginTrap: 'cookie-only' },
    says: 'the cookie without authOK',
    ask: asked.jsonLogin,
    answer: { status: 200, json: AUTH_FALSE, authCookie: true, logsIn: false },
  },
  {
    switches: { lockAfter: 1 },
    says: 'locked after a wrong password',
    ask: asked.wrongThenRight,
    answer: { status: 200, json: AUTH_FALSE, logsIn: false },
  },
  { switches: { lockAfter: null }, says: 'never locked', ask: asked.wrongThenRight, answer: { logsIn: true } },
  { switches: { members: ['ada@example.com'] }, says: 'no member', ask: asked.jsonLogin, answer: REFUSED_LOGIN },
  {
    switches: {},
    says: 'the session’s cookie',
    ask: asked.sessionCookie,
    answer: 'amhrdrauth; Domain=.aimharder.com; Path=/; Max-Age=7776000; HttpOnly',
  },
  {
    switches: { cookieDomain: null },
    says: 'the session’s cookie',
    ask: asked.sessionCookie,
    answer: 'amhrdrauth; Path=/; Max-Age=7776000; HttpOnly',
  },
  {
    switches: {},
    says: 'the member’s roles, one for each box',
    ask: asked.roles,
    answer: [
      { boid: 9001, centre_url: 'crossfit-demo.aimharder.com', gym: 'CrossFit Demo', role: 'client' },
      { boid: 9002, centre_url: 'box-tenerife.aimharder.com', gym: 'Box Tenerife', role: 'client' },
    ],
  },
];

const OLD = { generation: 2025 } as const;

export const formLogin: readonly Behaviour[] = [
  {
    switches: { generation: 2025, formSuccess: 'redirect' },
    says: 'the form leads home',
    ask: asked.formLogin,
    answer: { status: 302, location: '/www/home', authCookie: true, logsIn: true },
  },
  { switches: OLD, says: 'an empty error, a frame and a script', ask: asked.formPage, answer: FORM_SUCCESS },
  ...(
    [
      ['es', 'Usuario o contraseña incorrecto', 'Has fallado demasiadas veces. Inténtalo más tarde'],
      ['ca', 'Usuari o contrasenya incorrecte', 'Has fallat massa vegades. Torna-ho a provar més tard'],
      ['en', 'Incorrect credentials', 'Too many wrong attempts'],
    ] as const
  ).map(([language, wrong, locked]) => ({
    switches: { ...OLD, language, lockAfter: 1 },
    says: 'a wrong password, then the lock, always with 200',
    ask: asked.formErrors,
    answer: [`200 ${wrong}`, `200 ${locked}`],
  })),
];

const BALANCER = 'AWSALB AWSALBCORS';

const SHOWS_TOKEN = { status: 200, token: 'the login’s', fingerprint: 'phone' };
const SHOWS_NONE = { status: 200, token: null, fingerprint: null };

/** setrefresh and tokenUpdate. */
export const renewal: readonly Behaviour[] = [
  { switches: {}, says: 'setrefresh', ask: asked.setRefresh('phone'), answer: SHOWS_TOKEN },
  { switches: {}, says: 'setrefresh, another fingerprint', ask: asked.setRefresh('tablet'), answer: SHOWS_NONE },
  { switches: {}, says: 'setrefresh, no session', ask: asked.setRefresh('phone', 'nobody'), answer: SHOWS_NONE },
  {
    switches: { tokenUpdate: 'present', tokenUpdateCookies: 'balancer' },
    says: 'tokenUpdate',
    ask: asked.tokenUpdate,
    answer: { status: 200, answer: 'newToken', cookies: BALANCER },
  },
  {
    switches: { tokenUpdateCookies: 'all' },
    says: 'tokenUpdate',
    ask: asked.tokenUpdate,
    answer: { status: 200, answer: 'newToken', cookies: `amhrdrauth PHPSESSID ${BALANCER}` },
  },
  ...(['404', '405', 'html'] as const).map((tokenUpdate) => ({
    switches: { tokenUpdate },
    says: 'tokenUpdate is gone',
    ask: asked.tokenUpdate,
    answer: { status: tokenUpdate === 'html' ? 200 : Number(tokenUpdate), answer: 'no JSON', cookies: BALANCER },
  })),
  ...(['400', 'error'] as const).map((tokenUpdate) => ({
    switches: { tokenUpdate },
    says: 'tokenUpdate is gone',
    ask: asked.tokenUpdate,
    answer: { status: tokenUpdate === 'error' ? 200 : 400, answer: 'error', cookies: BALANCER },
  })),
  { switches: {}, says: 'an older token is taken', ask: asked.oldToken, answer: ['newToken'] },
  { switches: { oldTokenLifeMs: 0 }, says: 'an older token', ask: asked.oldToken, answer: ['logout'] },
  { switches: {}, says: 'another’s fingerprint', ask: asked.wrongFingerprint, answer: { logout: 1 } },
  {
    switches: { keptAliveBy: 'tokenUpdate', sessionIdleMs: 60_000 },
    says: 'tokenUpdate of a session that idled too long',
    ask: asked.livingAfter40Minutes,
    answer: [0, 'logout'],
  },
];

/** How long sessions live, and what ends them. */
export const life: readonly Behaviour[] = [
  {
    switches: {},
    says: 'the expiry printed in token and cookie, in days',
    ask: asked.printedExpiry,
    answer: { token: 90, cookie: 90 },
  },
  { switches: { keptAliveBy: 'use' }, says: 'use', ask: asked.livingAfter40Minutes, answer: [1, 'newToken'] },
  { switches: { keptAliveBy: 'tokenUpdate' }, says: 'use', ask: asked.livingAfter40Minutes, answer: [0, 'logout'] },
  {
    switches: { keptAliveBy: 'tokenUpdate', sessionIdleMs: HOUR },
    says: 'a longer life',
    ask: asked.livingAfter40Minutes,
    answer: [1, 'newToken'],
  },
  { switches: {}, says: 'two logins, one fingerprint', ask: asked.twoLogins('phone'), answer: [1, 1] },
  {
    switches: { sameFingerprintEndsFirst: true },
    says: 'two logins, one fingerprint',
    ask: asked.twoLogins('phone'),
    answer: [0, 1],
  },
  {
    switches: { sameFingerprintEndsFirst: true },
    says: 'two logins, two fingerprints',
    ask: asked.twoLogins('tablet'),
    answer: [1, 1],
  },
  { switches: { logoutEnds: 'one' }, says: 'another session', ask: asked.logoutBesideAnother, answer: 1 },
  { switches: { logoutEnds: 'all' }, says: 'another session', ask: asked.logoutBesideAnother, answer: 0 },
];
