import { afterAll, beforeAll, expect, test } from 'vitest';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const unhurried = new AbortController().signal;
const credentials = { email: 'ada@example.com', password: 'secret-password', fingerprint: 'phone-12345' };
const COOKIES = [
  'amhrdrauth=7%7C1795000000%7Cabc; Domain=.aimharder.com; Path=/; HttpOnly; Secure',
  'PHPSESSID=php; path=/',
  'AWSALB=one; Expires=Wed, 01 Jan 2098 00:00:00 GMT; Path=/',
];
const roles = [{ boid: 9818, centre_url: 'crossfit-demo.aimharder.com', gym: 'CrossFit Demo', role: 'client' }];
const good = {
  data: { userData: { id: 7, name: 'Ada', roles }, auth: { authOK: true, refreshToken: '7|1795000000|abc' } },
};
const loginAnd = (scripted: Scripted) => {
  upstream.answer(scripted);
  return aimHarder.login(credentials, unhurried);
};
const PAGE = '<html><body><h1>AimHarder</h1><span id="loginErrors"></span></body></html>';

test('authOK and the cookie together are a login', async () => {
  const answer = await loginAnd({ headers: { 'set-cookie': COOKIES }, body: JSON.stringify(good) });

  expect(answer).toEqual({
    kind: 'logged-in',
    session: {
      fingerprint: 'phone-12345',
      token: '7|1795000000|abc',
      cookies: [
        { name: 'amhrdrauth', value: '7%7C1795000000%7Cabc' },
        { name: 'PHPSESSID', value: 'php' },
        { name: 'AWSALB', value: 'one' },
      ],
    },
    boxes: [{ box: 'crossfit-demo', boxId: '9818', name: 'CrossFit Demo' }],
  });
  expect(upstream.heard.at(-1)).toMatchObject({
    method: 'POST',
    path: '/login/api/login',
    headers: { 'content-type': 'application/json' },
  });
  expect(JSON.parse(upstream.heard.at(-1)?.body ?? '')).toEqual({
    username: 'ada@example.com',
    password: 'secret-password',
    fingerprint: 'phone-12345',
    iniframe: 0,
  });
});

test.each<[string, Scripted]>([
  ['401 and its message', { status: 401, body: '{"error":{"code":401,"message":"LOGIN_ERROR_LOGIN"}}' }],
  ['200 and that message', { body: '{"error":{"code":401,"message":"LOGIN_ERROR_LOGIN"}}' }],
])('%s means wrong credentials', async (_name, scripted) => {
  expect(await loginAnd(scripted)).toEqual({ kind: 'wrong-password' });
});

test.each<[string, Scripted]>([
  ['authOK false', { body: JSON.stringify({ data: { auth: { authOK: false } } }) }],
  [
    'authOK false with a cookie',
    { headers: { 'set-cookie': COOKIES }, body: JSON.stringify({ data: { auth: { authOK: false } } }) },
  ],
  ['authOK false as text', { body: JSON.stringify({ data: { auth: { authOK: '0' } } }) }],
  ['authOK false and lists for what is empty', { body: '{"data":{"userData":[],"auth":{"authOK":false}},"error":[]}' }],
])('%s means a wrong password or a locked account', async (_name, scripted) => {
  expect(await loginAnd(scripted)).toEqual({ kind: 'refused' });
});

test.each<[string, object]>([
  ['authOK as a number', { data: { ...good.data, auth: { authOK: 1, refreshToken: 'x' } } }],
  ['authOK as text', { data: { ...good.data, auth: { authOK: '1', refreshToken: 'x' } } }],
  ['no refresh token', { data: { ...good.data, auth: { authOK: true } } }],
  ['an error that is empty', { ...good, error: [] }],
  ['an error that is false', { ...good, error: false }],
  ['roles that are no list', { data: { ...good.data, userData: { roles: { 0: roles[0] } } } }],
  ['a member that is a list', { data: { ...good.data, userData: [] } }],
])('%s is no reason to refuse a login', async (_name, body) => {
  const answer = await loginAnd({ headers: { 'set-cookie': COOKIES }, body: JSON.stringify(body) });

  expect(answer).toMatchObject({ kind: 'logged-in' });
});

test.each<[string, Scripted]>([
  ['the marketing page', { body: PAGE }],
  ['the marketing page with a cookie', { headers: { 'set-cookie': COOKIES }, body: PAGE }],
  ['authOK without the cookie', { headers: { 'set-cookie': COOKIES.slice(1) }, body: JSON.stringify(good) }],
  [
    'authOK with the cookie deleted',
    { headers: { 'set-cookie': ['amhrdrauth=; Max-Age=0'] }, body: JSON.stringify(good) },
  ],
  [
    'the cookie without authOK',
    { headers: { 'set-cookie': COOKIES }, body: JSON.stringify({ data: { userData: { roles } } }) },
  ],
  ['401 with another message', { status: 401, body: '{"error":{"code":401,"message":"LOGIN_ERROR_MALFORMED_BODY"}}' }],
  ['a good body as 201', { status: 201, headers: { 'set-cookie': COOKIES }, body: JSON.stringify(good) }],
  ['a good body as 401', { status: 401, headers: { 'set-cookie': COOKIES }, body: JSON.stringify(good) }],
  ['a good body as 500', { status: 500, headers: { 'set-cookie': COOKIES }, body: JSON.stringify(good) }],
  [
    'authOK of another kind',
    { headers: { 'set-cookie': COOKIES }, body: JSON.stringify({ data: { ...good.data, auth: { authOK: 'yes' } } }) },
  ],
  ['404', { status: 404, body: PAGE }],
  ['405', { status: 405 }],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }],
  ['500', { status: 500 }],
  ['nothing', { body: '' }],
])('%s is no login: it may have changed', async (_name, scripted) => {
  const failure = await loginAnd(scripted).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: 'upstream-rejected', message: expect.stringContaining('login') });
  expect(String(failure)).not.toContain('secret-password');
});

test.each([
  [
    'a URL',
    { centre_url: 'https://box-a.aimharder.com/', boid: '12', gym: 'A' },
    [{ box: 'box-a', boxId: '12', name: 'A' }],
  ],
  ['no name', { centre_url: 'box-a.aimharder.es', boid: 12 }, [{ box: 'box-a', boxId: '12', name: 'box-a' }]],
  ['AimHarder’s own host', { centre_url: 'login.aimharder.com', boid: 12 }, []],
  ['AimHarder’s site', { centre_url: 'https://WWW.aimharder.com/', boid: 12 }, []],
  ['a host that is a number', { centre_url: 7, boid: 12 }, []],
  ['a host behind a user', { centre_url: 'https://box-a@evil.example/', boid: 12 }, []],
  ['an id of 0', { centre_url: 'box-a.aimharder.com', boid: '0' }, []],
  ['a path that escapes', { centre_url: '../evil', boid: 12 }, []],
  ['no id', { centre_url: 'box-a.aimharder.com', boid: null }, []],
  ['rubbish', 'rubbish', []],
  ['nothing', null, []],
])('a role with %s', async (_name, role, expected) => {
  const body = { data: { ...good.data, userData: { roles: [role, role] } } };

  expect(await loginAnd({ headers: { 'set-cookie': COOKIES }, body: JSON.stringify(body) })).toMatchObject({
    boxes: expected,
  });
});
