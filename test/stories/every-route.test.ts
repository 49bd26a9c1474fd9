import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionsByName } from '../../infra/catalog/functions.ts';
import { openApiDocument } from '../../infra/catalog/openapi/document.ts';
import { PUBLIC_ROUTES, ROUTES } from '../../infra/catalog/openapi/routes.ts';
import { type Answer, expectDescribed } from '../support/infra/described.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** What every route does first. All tests share one world, because each function's first call is slow. */
let world: World;
/** The access token of a member whose requests are all refused, because a login takes longer than most of them. */
let phone: string;
beforeAll(async () => {
  world = await startWorld();
  phone = await newPhone();
  // The wheel's own item is in the table of the sessions.
  await world.stack.invoke('refresh-tokens', { scheduledTime: '2020-01-01T00:00:00Z' });
});
afterAll(() => world.stop());

/* What is unknown is refused by every route, whether or not it expects anything in that place. */

/** The files of the members' page, which are compressed. test/stories/page-files.test.ts reads them. */
const OF_THE_PAGE = [...PUBLIC_ROUTES].filter((route) => /^\w+ \/($|assets|manifest|sw)/.test(route));
/** Calendar programs, browsers and monitors add queries of their own. */
const ANY_QUERY = ['GET /v1/health', 'GET /openapi.json', 'GET /v1/calendar/{feed}', ...OF_THE_PAGE];
/** Without HEAD, whose answers have no body to look at. */
const ALL = Object.keys(ROUTES)
  .filter((route) => !route.startsWith('HEAD '))
  .map((route) => ({ route, open: PUBLIC_ROUTES.has(route) }));

const VALUE = 'value-that-nobody-repeats';
const UNKNOWN = JSON.stringify({ nonsense: VALUE });
const TOO_LARGE = JSON.stringify({ nonsense: 'x'.repeat(70_000) });

const newPhone = () => world.login({ ...world.member(), fingerprint: 'phone-12345' });

/** Sends a body with any method; fetch would send none with a GET. */
async function send(route: string, query: string, body: string, token?: string): Promise<Answer> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = `${pattern.replaceAll(/\{\w+\}/g, 'unknown-12345')}${query}`;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(new URL(path, world.stack.url), { method, headers }, resolve).on('error', reject).end(body);
  });
  const raw = await text(response);
  const answer = {
    status: response.statusCode ?? 0,
    headers: new Headers({ 'content-type': response.headers['content-type'] ?? '' }),
    text: raw,
    body: JSON.parse(raw) as Json,
  };
  expectDescribed(method, path, answer);
  return answer;
}

test.each(ALL.filter(({ route }) => !ANY_QUERY.includes(route)))(
  '$route refuses an unknown query parameter, and names it',
  async ({ route, open }) => {
    const refused = await send(route, `?nonsense=${VALUE}`, '', open ? undefined : phone);

    expectProblem(refused, 400, 'invalid-request');
    expect(refused.body['detail']).toContain('query: unknown "nonsense"');
    expect(refused.text).not.toContain(VALUE);
  },
);

test.each(ALL)('$route refuses a body field that it does not know, and names it', async ({ route, open }) => {
  const refused = await send(route, '', UNKNOWN, open ? undefined : phone);

  expectProblem(refused, 400, 'invalid-request');
  expect(refused.body['detail']).toContain('body: unknown "nonsense"');
  expect(refused.text).not.toContain(VALUE);
});

test.each(ALL)('$route refuses a body over 64 kB', async ({ route, open }) => {
  const refused = await send(route, '', TOO_LARGE, open ? undefined : phone);

  expectProblem(refused, 413, 'payload-too-large');
});

test.each(ALL.filter(({ open }) => !open))(
  '$route only tells a caller without a session to log in',
  async ({ route }) => {
    for (const body of [UNKNOWN, TOO_LARGE])
      expectProblem(await send(route, '?nonsense=1', body), 401, 'unauthenticated');
  },
);

test('a logout with its fingerprint in the query, not the body, logs nobody out', async () => {
  const member = world.member();
  const tokens = [
    await world.login({ ...member, fingerprint: 'phone-12345' }),
    await world.login({ ...member, fingerprint: 'other-12345' }),
  ];

  const refused = await send('POST /v1/logout', '?fingerprint=other-12345', '', tokens[0]);

  expectProblem(refused, 400, 'invalid-request');
  for (const token of tokens) expect((await world.api.as(token).get('/v1/sessions')).status).toBe(200);
});

test('routes that browsers and calendars call ignore unknown queries', async () => {
  const { url } = (await world.api.as(await newPhone()).post('/v1/calendar')).body;

  for (const path of ['/v1/health', '/openapi.json', new URL(String(url)).pathname])
    expect((await world.api.get(`${path}?nonsense=1`)).status).toBe(200);
});

/* Monitors and calendar programs ask with HEAD first. */

/** The headers of an answer that differ from one answer to the next, or from one way to frame a body to the other. */
const OF_THE_TRANSFER = ['connection', 'date', 'keep-alive', 'transfer-encoding'];
const headersOf = ({ headers }: Answer) =>
  Object.fromEntries([...headers].filter(([name]) => !OF_THE_TRANSFER.includes(name)));

test.each([...PUBLIC_ROUTES].filter((route) => route.startsWith('HEAD ') && !OF_THE_PAGE.includes(route)))(
  '%s answers as GET does, without the body',
  async (route) => {
    const feed = String((await world.api.as(await newPhone()).post('/v1/calendar')).body['url']);
    const path = route.replace('HEAD ', '').replace('/v1/calendar/{feed}', new URL(feed).pathname);

    const [head, get] = [await world.api.head(path), await world.api.get(path)];

    expect([head.status, head.text]).toEqual([200, '']);
    expect(headersOf(head)).toEqual(headersOf(get));
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(get.text)));
  },
);

test('HEAD of an unknown feed, or of a path that no route serves, is 404 without a body', async () => {
  for (const path of [`/v1/calendar/${'A'.repeat(43)}.ics`, '/v1/nothing', '/v1/sessions']) {
    const { status, text: body } = await world.api.head(path);
    expect([path, status, body]).toEqual([path, 404, '']);
  }
});

test.each(['//', '///inbox', '//v1/health'])('the path %s is that of no route', async (path) => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // A URL would take what follows two slashes for a host.
    const { hostname: host, port } = new URL(world.stack.url);
    request({ host, port, path }, resolve).on('error', reject).end();
  });

  expect([response.statusCode, JSON.parse(await text(response))]).toMatchObject([404, { code: 'not-found' }]);
});

test('an unknown route is 404, whatever is sent', async () => {
  for (const body of [UNKNOWN, TOO_LARGE, '{'])
    expectProblem(await send('POST /v1/nothing', '?nonsense=1', body), 404, 'not-found');
});

/* Who may ask. */

/** The public routes. A new one must be added here on purpose. */
const PUBLIC = ['calendar-feed', 'describe-api', 'health', 'login', 'not-found', 'page'];

const routes = [...functionsByName].flatMap(([name, definition]) =>
  (definition.routes ?? []).flatMap((route) => {
    const [method, path] = route.split(' ');
    return method && path ? [{ name, method, path: path.replaceAll(/\{\w+\}/g, 'a-name-of-length') }] : [];
  }),
);

test('only these functions are public', () => {
  expect([...functionsByName].flatMap(([name, { isPublic }]) => (isPublic ? [name] : [])).toSorted()).toEqual(PUBLIC);
});

test.each(routes.filter(({ name }) => !PUBLIC.includes(name)))(
  '$method $path is 401 without an access token, or with a wrong one',
  async ({ method, path }) => {
    for (const headers of [{}, { authorization: `Bearer otd_${btoa('["a@b.c","phone-12345"]')}.${'x'.repeat(43)}` }]) {
      const response = await fetch(`${world.stack.url}${path}`, { method, headers });

      expect([response.status, await response.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
    }
  },
);

test.each(routes.filter(({ name }) => PUBLIC.includes(name)))(
  '$method $path needs no access token',
  async ({ method, path }) => {
    const response = await fetch(`${world.stack.url}${path}`, { method });

    expect(response.status).not.toBe(401);
  },
);

test('the API’s description is public', async () => {
  const { status, body } = await world.api.get('/openapi.json');

  expect(status).toBe(200);
  const servers = [{ url: world.stack.url, description: expect.any(String) }];
  expect(body).toEqual({ ...JSON.parse(JSON.stringify(openApiDocument())), servers });
});

test('every route needs an access token, except those described as public', async () => {
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, Json>> };
  const open = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { security }]) => (security ? [`${method} ${path}`] : [])),
  );
  const closed = Object.keys(ROUTES).filter(
    (route) => !open.includes(route.replace(/^\w+/, (method) => method.toLowerCase())),
  );

  const ofThePage = OF_THE_PAGE.map((route) => route.replace(/^\w+/, (method) => method.toLowerCase()));
  expect(open.filter((route) => !ofThePage.includes(route)).toSorted()).toEqual([
    ...['get /openapi.json', 'get /v1/calendar/{feed}', 'get /v1/health'],
    ...['head /openapi.json', 'head /v1/calendar/{feed}', 'head /v1/health', 'post /v1/login'],
  ]);
  for (const route of closed) {
    const [method = '', path = ''] = route.split(' ');
    const answer = await world.api.call(method, path.replaceAll(/[{}]/g, ''));
    expect(`${route} ${answer.status}`).toBe(`${route} 401`);
  }
});

const forged = (key: readonly string[]) => Buffer.from(JSON.stringify(key)).toString('base64url');

test.each([
  ['no token', {}],
  ['a stated e-mail', { 'x-user-email': 'demo@example.com' }],
  ['another scheme', { authorization: 'Basic ZGVtbzpkZW1v' }],
  [
    'an invented token',
    {
      authorization: `Bearer otd_${forged(['demo@example.com', 'phone-12345'])}.${'A'.repeat(43)}`,
    },
  ],
  ['the refresh’s own item', { authorization: `Bearer otd_${forged(['#refresh', 'cursor'])}.${'A'.repeat(43)}` }],
  ['no fingerprint', { authorization: `Bearer otd_${forged(['demo@example.com', ''])}.${'A'.repeat(43)}` }],
  ['rubbish', { authorization: 'Bearer x' }],
])('%s is nobody', async (_name, headers) => {
  const answer = await world.api.call('GET', '/v1/sessions', undefined, headers);

  expectProblem(answer, 401, 'unauthenticated');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
});

test.each([
  ['malformed JSON', '{"email":', 400, 'invalid-request'],
  ['a wrong type', { email: 1, password: [] }, 400, 'invalid-request'],
  ['an unknown field', { email: 'a@example.com', password: 'x', admin: true }, 400, 'invalid-request'],
  ['100 kB', { email: 'a@example.com', password: 'x'.repeat(100_000) }, 413, 'payload-too-large'],
])('%s is refused', async (_name, body, status, code) => {
  expectProblem(await world.api.post('/v1/login', body), status, code);
});

test('a body of 11 MB is refused', async () => {
  expect((await world.api.post('/v1/login', 'x'.repeat(11_000_000))).status).toBe(413);
});

test('an unknown route is not found', async () => {
  expectProblem(await world.api.get('/v1/nothing'), 404, 'not-found');
});

test('health is public', async () => {
  expect((await world.api.get('/v1/health')).status).toBe(200);
});
