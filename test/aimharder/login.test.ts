import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AimHarder, aimHarderClient, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = aimHarderClient({ origins: upstream.origins, clock: systemClock });
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
  ['authOK false', { body: JSON.stringify({ data: { auth: { authOK: false } } }) }],
  [
    'authOK false with a cookie',
    { headers: { 'set-cookie': COOKIES }, body: JSON.stringify({ data: { auth: { authOK: false } } }) },
  ],
])('%s means wrong credentials', async (_name, scripted) => {
  expect(await loginAnd(scripted)).toEqual({ kind: 'wrong-credentials' });
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

describe('an existing session', () => {
  const session = {
    fingerprint: 'bg-1',
    token: 'old-token',
    cookies: [
      { name: 'amhrdrauth', value: 'auth' },
      { name: 'AWSALB', value: 'old' },
      { name: 'PHPSESSID', value: 'php' },
    ],
  };
  const updateAnd = (scripted: Scripted) => {
    upstream.answer(scripted);
    return aimHarder.updateToken(session, unhurried);
  };
  const whoAnd = (scripted: Scripted) => {
    upstream.answer(scripted);
    return aimHarder.whoAmI(session, unhurried);
  };

  test('gets the next token; the cookies that come replace those of their name, all others stay', async () => {
    const answer = await updateAnd({
      headers: { 'content-type': 'text/html', 'set-cookie': ['AWSALB=new; Path=/', 'PHPSESSID=; Max-Age=0'] },
      body: '{"newToken":"new-token"}',
    });

    expect(answer).toEqual({
      kind: 'updated',
      session: {
        ...session,
        token: 'new-token',
        cookies: [
          { name: 'amhrdrauth', value: 'auth' },
          { name: 'AWSALB', value: 'new' },
        ],
      },
    });
    expect(upstream.heard.at(-1)).toMatchObject({
      path: '/www/api/tokenUpdate',
      body: 'token=old-token&ciclo=1&fingerprint=bg-1',
    });
  });

  test.each<[string, Scripted, string]>([
    ['logout', { body: '{"logout":1}' }, 'logged-out'],
    ['401', { status: 401 }, 'logged-out'],
    ['404', { status: 404 }, 'gone'],
    ['405', { status: 405 }, 'gone'],
    ['a page', { body: PAGE }, 'gone'],
    ['a logout of 0 beside a token', { body: '{"logout":0,"newToken":"x"}' }, 'updated'],
  ])('tokenUpdate that answers %s', async (_name, scripted, kind) => {
    expect(await updateAnd(scripted)).toMatchObject({ kind });
  });

  test.each<[string, Scripted]>([
    ['no token', { body: '{}' }],
    ['a token that is a number', { body: '{"newToken":7}' }],
    ['half an answer', { body: '{"newToken":' }],
    ['503', { status: 503 }],
    ['a redirect', { status: 302, headers: { location: '/logout' } }],
  ])('tokenUpdate that answers %s is not understood, and no logout', async (_name, scripted) => {
    await expect(updateAnd(scripted)).rejects.toBeInstanceOf(UpstreamFailure);
  });

  test.each<[string, Scripted, string]>([
    ['a member', { body: JSON.stringify({ data: [{ id: 7, name: 'Ada', roles }] }) }, 'member'],
    ['an empty list', { body: '{"data":[]}' }, 'nobody'],
    ['logout', { body: '{"logout":1}' }, 'nobody'],
    ['401', { status: 401 }, 'nobody'],
  ])('whoami that answers %s', async (_name, scripted, kind) => {
    expect(await whoAnd(scripted)).toMatchObject({ kind });
  });

  test.each<[string, Scripted]>([
    ['a page', { body: PAGE }],
    ['503', { status: 503 }],
    ['another form', { body: '{"member":7}' }],
  ])('whoami that answers %s proves nothing', async (_name, scripted) => {
    await expect(whoAnd(scripted)).rejects.toBeInstanceOf(UpstreamFailure);
  });

  test.each<[string, Scripted, string]>([
    [
      'a page that stores a token',
      {
        body: '<script>localStorage.setItem("refreshToken", "newer");localStorage.setItem("fingerprint", "x")</script>',
      },
      'newer',
    ],
    ['a page without one', { body: PAGE }, 'old-token'],
    ['a redirect', { status: 302, headers: { location: '/home' } }, 'old-token'],
  ])('setrefresh that answers %s', async (_name, scripted, token) => {
    upstream.answer(scripted);

    expect(await aimHarder.setRefresh(session, unhurried)).toMatchObject({ token, fingerprint: 'bg-1' });
  });
});
