import { afterAll, beforeAll, expect, test } from 'vitest';
import { AimHarder, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { mergeCookies } from '../../lib/aimharder/cookies.ts';
import { cookieDomainOf } from '../../lib/aimharder/origins.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

/** A session after its login: renewing it, asking whose it is, and its cookies. */
let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const unhurried = new AbortController().signal;
const roles = [{ boid: 9818, centre_url: 'crossfit-demo.aimharder.com', gym: 'CrossFit Demo', role: 'client' }];
const ERROR = '{"error":{"code":400,"message":"MALFORMED_BODY"}}';
const PAGE = '<html><body><h1>AimHarder</h1></body></html>';

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

test('tokenUpdate gives the next token; the answer’s cookies replace those of the same name, all others stay', async () => {
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
  ['401 and logout', { status: 401, body: '{"logout":1}' }, 'logged-out'],
  ['401 alone, which says nothing of the session', { status: 401 }, 'unrenewed'],
  ['400 and an error', { status: 400, body: ERROR }, 'unrenewed'],
  ['404', { status: 404 }, 'unrenewed'],
  ['410', { status: 410 }, 'unrenewed'],
  ['a redirect', { status: 302, headers: { location: '/logout' } }, 'unrenewed'],
  ['405', { status: 405 }, 'unrenewed'],
  ['422 and half an answer', { status: 422, body: '{"error":' }, 'unrenewed'],
  ['an error', { body: ERROR }, 'unrenewed'],
  ['no token', { body: '{}' }, 'unrenewed'],
  ['an empty list, as PHP writes an empty object', { body: '[]' }, 'unrenewed'],
  ['null', { body: 'null' }, 'unrenewed'],
  ['a token that is a number', { body: '{"newToken":7}' }, 'unrenewed'],
  ['an empty token', { body: '{"newToken":""}' }, 'unrenewed'],
  ['a page', { body: PAGE }, 'unrenewed'],
  ['a page after blank lines', { body: `\r\n  ${PAGE}` }, 'unrenewed'],
  ['logout as text', { body: '{"logout":"1"}' }, 'logged-out'],
  ['logout true beside a token', { body: '{"logout":true,"newToken":"x"}' }, 'logged-out'],
  ['an empty logout beside a token', { body: '{"logout":"","newToken":"x"}' }, 'updated'],
  ['a logout of 0 beside a token', { body: '{"logout":0,"newToken":"x"}' }, 'updated'],
])('tokenUpdate that answers %s', async (_name, scripted, kind) => {
  expect(await updateAnd(scripted)).toMatchObject({ kind });
});

test('without a refresh token tokenUpdate is not called: it would answer logout:1 for a live session', async () => {
  const before = upstream.heard.length;

  expect(await aimHarder.updateToken({ ...session, token: '' }, unhurried)).toEqual({ kind: 'unrenewed' });

  expect(upstream.heard).toHaveLength(before);
});

test.each<[string, Scripted]>([
  ['half an answer', { body: '{"newToken":' }],
  ['nothing', { body: '' }],
  ['403', { status: 403, body: '{"newToken":"x"}' }],
  ['408', { status: 408, body: ERROR }],
  ['429', { status: 429 }],
  ['500 and a page', { status: 500, body: PAGE }],
  ['500 and an error', { status: 500, body: ERROR }],
  ['503', { status: 503 }],
])('tokenUpdate that answers %s is not understood, and no logout', async (_name, scripted) => {
  await expect(updateAnd(scripted)).rejects.toBeInstanceOf(UpstreamFailure);
});

test('a session without a token is not refreshed', async () => {
  const before = upstream.heard.length;

  expect(await aimHarder.updateToken({ ...session, token: '' }, unhurried)).toEqual({ kind: 'unrenewed' });
  expect(upstream.heard).toHaveLength(before);
});

test.each<[string, Scripted, string]>([
  ['a member', { body: JSON.stringify({ data: [{ id: 7, name: 'Ada', roles }] }) }, 'member'],
  ['a member of no box', { body: '{"data":[{"id":"7","roles":null}]}' }, 'member'],
  ['an empty list', { body: '{"data":[]}' }, 'nobody'],
  ['logout', { body: '{"logout":1}' }, 'nobody'],
  ['logout with 401', { status: 401, body: '{"logout":1}' }, 'nobody'],
])('whoami that answers %s', async (_name, scripted, kind) => {
  expect(await whoAnd(scripted)).toMatchObject({ kind });
});

test.each<[string, Scripted]>([
  ['a page', { body: PAGE }],
  ['503', { status: 503 }],
  ['a bare 401', { status: 401 }],
  ['a member with 401', { status: 401, body: '{"data":[{"id":7}]}' }],
  ['a member whose id is no row of digits', { body: '{"data":[{"id":1e300}]}' }],
  ['302', { status: 302, headers: { location: '/login' } }],
  ['another form', { body: '{"member":7}' }],
  ['a member without an id', { body: '{"data":[{}]}' }],
  ['a member whose id is null', { body: '{"data":[{"id":null}]}' }],
  ['null', { body: 'null' }],
])('whoami that answers %s proves nothing', async (_name, scripted) => {
  await expect(whoAnd(scripted)).rejects.toBeInstanceOf(UpstreamFailure);
});

test('whoami stores the answer’s cookies, and names the boxes', async () => {
  const answer = await whoAnd({
    headers: { 'set-cookie': ['AWSALB=new; Path=/'] },
    body: JSON.stringify({ data: [{ id: 7, roles }] }),
  });

  expect(answer).toEqual({
    kind: 'member',
    session: {
      ...session,
      cookies: session.cookies.map((one) => (one.name === 'AWSALB' ? { ...one, value: 'new' } : one)),
    },
    boxes: [{ box: 'crossfit-demo', boxId: '9818', name: 'CrossFit Demo' }],
  });
});

const handsOut = (token: string) =>
  `<script>localStorage.setItem("refreshToken", ${JSON.stringify(token)});localStorage.setItem("fingerprint", "x")</script>`;

test.each<[string, Scripted, string]>([
  ['a token', { body: handsOut('7|1795000000|0a1b') }, '7|1795000000|0a1b'],
  ['no token', { body: PAGE }, 'old-token'],
  ['"undefined" for a token', { body: handsOut('undefined') }, 'old-token'],
  ['"null" for a token', { body: handsOut('null') }, 'old-token'],
  ['half a token', { body: handsOut('7|1795000000') }, 'old-token'],
])('setrefresh that shows %s', async (_name, scripted, token) => {
  upstream.answer(scripted);

  expect(await aimHarder.setRefresh(session, unhurried)).toMatchObject({ token, fingerprint: 'bg-1' });
});

const DELETED = { 'set-cookie': ['amhrdrauth=deleted; Max-Age=0; Domain=.aimharder.com'] };

test.each<[string, Scripted]>([
  ...[301, 302, 307, 400, 404, 429, 500, 503].map((status): [string, Scripted] => [
    String(status),
    { status, headers: { ...DELETED, location: '/logout' }, body: handsOut('7|1795000000|0a1b') },
  ]),
  ['by deleting the session’s cookie', { headers: DELETED, body: handsOut('7|1795000000|0a1b') }],
])('setrefresh that answers %s leaves the session to its caller', async (_name, scripted) => {
  upstream.answer(scripted);

  await expect(aimHarder.setRefresh(session, unhurried)).rejects.toBeInstanceOf(UpstreamFailure);
});

const HAVE = [
  { name: 'amhrdrauth', value: 'auth' },
  { name: 'AWSALB', value: 'old' },
];
const NOON = Date.UTC(2026, 2, 27, 12);
const LOOPBACK = { host: '127.0.0.1', cookieDomain: '127.0.0.1' };

test.each<[string, readonly string[], string]>([
  ['none', [], 'amhrdrauth=auth AWSALB=old'],
  ['one of the name', ['AWSALB=new; Path=/; Secure; SameSite=None'], 'amhrdrauth=auth AWSALB=new'],
  ['one more', ['PHPSESSID=php'], 'amhrdrauth=auth AWSALB=old PHPSESSID=php'],
  ['another domain', ['AWSALB=new; Domain=.aimharder.es; Path=/x'], 'amhrdrauth=auth AWSALB=new'],
  ['Max-Age 0', ['AWSALB=gone; Max-Age=0'], 'amhrdrauth=auth'],
  ['a Max-Age below 0', ['AWSALB=gone; max-age=-1'], 'amhrdrauth=auth'],
  ['an Expires that is past', ['AWSALB=gone; Expires=Fri, 27 Mar 2026 11:59:59 GMT'], 'amhrdrauth=auth'],
  ['PHP’s own deletion', ['AWSALB=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0'], 'amhrdrauth=auth'],
  ['an Expires to come', ['AWSALB=new; Expires=Fri, 27 Mar 2026 12:00:01 GMT'], 'amhrdrauth=auth AWSALB=new'],
  [
    'Max-Age against Expires',
    ['AWSALB=new; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    'amhrdrauth=auth AWSALB=new',
  ],
  ['an empty value', ['AWSALB='], 'amhrdrauth=auth'],
  ['a deletion, then a value', ['AWSALB=; Max-Age=0', 'AWSALB=new'], 'amhrdrauth=auth AWSALB=new'],
  ['a value, then a deletion', ['AWSALB=new', 'AWSALB=; Max-Age=0'], 'amhrdrauth=auth'],
  ['the deletion of one that is not there', ['other=; Max-Age=0'], 'amhrdrauth=auth AWSALB=old'],
  ['an encoded value with a sign of equality', ['amhrdrauth=7%7C17%7Ca=b=='], 'amhrdrauth=7%7C17%7Ca=b== AWSALB=old'],
  ['a name of other case', ['awsalb=other'], 'amhrdrauth=auth AWSALB=old awsalb=other'],
  ['rubbish', ['', ';;;', '=;', '=x', 'no cookie at all'], 'amhrdrauth=auth AWSALB=old'],
])('cookies after %s', (_name, setCookies, expected) => {
  const cookies = mergeCookies(HAVE, setCookies, NOON, LOOPBACK);

  expect(cookies.map(({ name, value }) => `${name}=${value}`).join(' ')).toBe(expected);
});

const AUTH = { name: 'amhrdrauth', value: 'auth' };

test.each<[string, string, string, string, string]>([
  [
    'the parent’s, by the login',
    'login.aimharder.com',
    'aimharder.com',
    'amhrdrauth=new; Domain=.aimharder.com',
    'new',
  ],
  ['the parent’s, by a box', 'box-a.aimharder.com', 'aimharder.com', 'amhrdrauth=new; Domain=AimHarder.com', 'new'],
  ['the parent’s, through a proxy', 'proxy.example', 'aimharder.com', 'amhrdrauth=new; Domain=.aimharder.com', 'new'],
  ['the twin’s', 'login.aimharder.com', 'aimharder.com', 'amhrdrauth=new; Domain=.aimharder.es', 'auth'],
  ['one by the twin for us', 'login.aimharder.es', 'aimharder.es', 'amhrdrauth=new; Domain=.aimharder.com', 'auth'],
  ['another box’s', 'box-a.aimharder.com', 'aimharder.com', 'amhrdrauth=new; Domain=box-b.aimharder.com', 'auth'],
  ['one that ends alike', 'box-a.aimharder.com', 'aimharder.com', 'amhrdrauth=new; Domain=harder.com', 'auth'],
  ['a host’s own', 'login.aimharder.com', 'aimharder.com', 'amhrdrauth=new', 'new'],
  ['a host’s own deletion', 'box-a.aimharder.com', 'aimharder.com', 'amhrdrauth=x; Max-Age=0', 'auth'],
  ['a host’s own deletion, empty', 'box-a.aimharder.com', 'aimharder.com', 'amhrdrauth=', 'auth'],
  ['the twin’s deletion', 'box-a.aimharder.com', 'aimharder.com', 'amhrdrauth=; Domain=.aimharder.es', 'auth'],
  ['the parent’s deletion', 'aimharder.com', 'aimharder.com', 'amhrdrauth=; Domain=.aimharder.com', 'none'],
  ['any on this machine', '127.0.0.1', '127.0.0.1', 'amhrdrauth=new; Domain=.aimharder.es', 'new'],
  ['any deletion on this machine', '[::1]', 'localhost', 'amhrdrauth=; Max-Age=0', 'none'],
])('a cookie’s domain: %s, set by %s', (_name, host, cookieDomain, line, expected) => {
  expect(mergeCookies([AUTH], [line], NOON, { host, cookieDomain })[0]?.value ?? 'none').toBe(expected);
});

test.each([
  ['https://aimharder.com', 'aimharder.com'],
  ['https://www.aimharder.es/', 'aimharder.es'],
  ['http://127.0.0.1:4010/www', '127.0.0.1'],
])('sessions of %s live on %s', (origin, expected) => {
  expect(cookieDomainOf({ origin, login: '', box: '' })).toBe(expected);
});
