import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PUBLIC_ROUTES, ROUTES } from '../../infra/catalog/openapi/routes.ts';
import { type Answer, expectDescribed } from '../support/infra/described.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** What no route knows is refused by every route, whether or not it expects anything in that place. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** Calendar programs, browsers and monitors add queries of their own. */
const ANY_QUERY = ['GET /v1/health', 'GET /openapi.json', 'GET /v1/calendar/{feed}'];
const ALL = Object.keys(ROUTES).map((route) => ({ route, open: PUBLIC_ROUTES.has(route) }));

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
  '$route refuses a query parameter that it does not know, and names it',
  async ({ route, open }) => {
    const refused = await send(route, `?nonsense=${VALUE}`, '', open ? undefined : await newPhone());

    expectProblem(refused, 400, 'invalid-request');
    expect(refused.body['detail']).toContain('query: unknown "nonsense"');
    expect(refused.text).not.toContain(VALUE);
  },
);

test.each(ALL)('$route refuses a body field that it does not know, and names it', async ({ route, open }) => {
  const refused = await send(route, '', UNKNOWN, open ? undefined : await newPhone());

  expectProblem(refused, 400, 'invalid-request');
  expect(refused.body['detail']).toContain('body: unknown "nonsense"');
  expect(refused.text).not.toContain(VALUE);
});

test.each(ALL)('$route refuses a body over 64 kB', async ({ route, open }) => {
  const refused = await send(route, '', TOO_LARGE, open ? undefined : await newPhone());

  expectProblem(refused, 413, 'payload-too-large');
});

test.each(ALL.filter(({ open }) => !open))('$route tells a stranger nothing but to log in', async ({ route }) => {
  for (const body of [UNKNOWN, TOO_LARGE])
    expectProblem(await send(route, '?nonsense=1', body), 401, 'unauthenticated');
});

test('a fingerprint in the query of a logout, where it does not belong, logs nobody out', async () => {
  const member = world.member();
  const tokens = [
    await world.login({ ...member, fingerprint: 'phone-12345' }),
    await world.login({ ...member, fingerprint: 'other-12345' }),
  ];

  const refused = await send('POST /v1/logout', '?fingerprint=other-12345', '', tokens[0]);

  expectProblem(refused, 400, 'invalid-request');
  for (const token of tokens) expect((await world.api.as(token).get('/v1/sessions')).status).toBe(200);
});

test('whoever may add a query of its own gets its answer', async () => {
  const { url } = (await world.api.as(await newPhone()).post('/v1/calendar')).body;

  for (const path of ['/v1/health', '/openapi.json', new URL(String(url)).pathname])
    expect((await world.api.get(`${path}?nonsense=1`)).status).toBe(200);
});

test('where there is no route, nothing is found, whatever is sent', async () => {
  for (const body of [UNKNOWN, TOO_LARGE, '{'])
    expectProblem(await send('POST /v1/nothing', '?nonsense=1', body), 404, 'not-found');
});
