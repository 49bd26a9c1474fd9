import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway } from '../../../infra/local/api-gateway.ts';
import { matchRoute } from '../../../infra/local/api-gateway-event.ts';
import type { InvocationResult } from '../../../infra/local/lambda-runner.ts';

type Event = Readonly<Record<string, unknown>> & {
  readonly requestContext: { readonly http: Readonly<Record<string, unknown>> };
};

let url: string;
let stop: () => void;
let answer: InvocationResult = { payload: { statusCode: 204 } };
const invoked: Array<{ name: string; event: Event }> = [];
beforeAll(async () => {
  const gateway = await startGateway({
    port: 0,
    async invoke(name, event) {
      invoked.push({ name, event: event as Event });
      return answer;
    },
  });
  ({ url, stop } = gateway);
});
afterAll(() => stop());

async function request(
  path: string,
  init: RequestInit = {},
  answering: InvocationResult = { payload: { statusCode: 204 } },
) {
  answer = answering;
  const before = invoked.length;
  const response = await fetch(`${url}${path}`, init);
  return { response, ...invoked[before] };
}

test.each([
  ['GET', '/v1/sessions', 'list-sessions', {}],
  ['POST', '/v1/sessions/refresh', 'refresh-session', {}],
  ['DELETE', '/v1/sessions/phone-12345', 'end-session', { fingerprint: 'phone-12345' }],
  ['DELETE', '/v1/sessions/a%2Fb%20c', 'end-session', { fingerprint: 'a/b c' }],
  ['GET', '/v1/prebookings/7', 'get-prebooking', { id: '7' }],
  ['GET', '/v1/prebookings/', 'not-found', {}],
  ['GET', '/v1/prebookings/7/8', 'not-found', {}],
  ['PUT', '/v1/sessions', 'not-found', {}],
  ['GET', '/', 'page', {}],
])('%s %s goes to %s', (method, path, name, parameters) => {
  expect(matchRoute(method, path)).toMatchObject({ function: name, parameters });
});

describe('the event of payload format 2.0', () => {
  test('cookies apart, repeated headers and query values joined', async () => {
    const headers = new Headers({ cookie: 'a=1; b=2', 'X-Thing': 'one' });
    headers.append('X-Thing', 'two');
    const { name, event } = await request('/v1/classes?box=a&box=b&day=2026-03-27&empty=', { headers });

    expect(name).toBe('list-classes');
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/classes',
      rawPath: '/v1/classes',
      rawQueryString: 'box=a&box=b&day=2026-03-27&empty=',
      queryStringParameters: { box: 'a,b', day: '2026-03-27', empty: '' },
      cookies: ['a=1', 'b=2'],
      headers: { 'x-thing': 'one, two' },
      isBase64Encoded: false,
    });
    expect(event?.['headers']).not.toHaveProperty('cookie');
    expect(event).not.toHaveProperty('body');
  });

  test('a cookie keeps its comma', async () => {
    const { event } = await request('/v1/health', { headers: { cookie: 'a=1,2; b=3' } });

    expect(event?.['cookies']).toEqual(['a=1,2', 'b=3']);
  });

  test('a text body stays text; any other body is base64', async () => {
    const json = await request('/v1/login', {
      method: 'POST',
      body: '{"ñ":1}',
      headers: { 'content-type': 'application/json' },
    });
    const binary = await request('/v1/login', {
      method: 'POST',
      body: Buffer.from([0, 255, 1]),
      headers: { 'content-type': 'application/octet-stream' },
    });

    expect(json.event).toMatchObject({ body: '{"ñ":1}', isBase64Encoded: false });
    expect(binary.event).toMatchObject({ body: 'AP8B', isBase64Encoded: true });
  });

  test('the source address is the socket’s, whatever the headers say', async () => {
    const { event } = await request('/v1/health', {
      headers: { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7' },
    });

    expect(event?.requestContext.http).toMatchObject({ sourceIp: '127.0.0.1', method: 'GET', path: '/v1/health' });
  });
});

describe('the answer', () => {
  test('status, headers, cookies and body are the function’s', async () => {
    const payload = {
      statusCode: 201,
      headers: { location: '/x' },
      cookies: ['a=1', 'b=2'],
      body: Buffer.from('ñ').toString('base64'),
      isBase64Encoded: true,
    };
    const { response } = await request('/v1/health', {}, { payload });

    expect([
      response.status,
      response.headers.get('location'),
      response.headers.getSetCookie(),
      await response.text(),
    ]).toEqual([201, '/x', ['a=1', 'b=2'], 'ñ']);
  });

  test('anything without a status is the JSON of a 200', async () => {
    const { response } = await request('/v1/health', {}, { payload: { hello: 'world' } });

    expect([response.status, response.headers.get('content-type'), await response.json()]).toEqual([
      200,
      'application/json',
      { hello: 'world' },
    ]);
  });

  test('a function that answers too late is a 504', async () => {
    const slow = await startGateway({ port: 0, limitMs: 20, invoke: () => new Promise(() => undefined) });

    const response = await fetch(`${slow.url}/v1/health`);

    expect([response.status, response.headers.get('content-type')]).toEqual([504, 'application/problem+json']);
    slow.stop();
  });

  test.each([
    ['cannot be a header', { statusCode: 200, headers: { 'x-thing': 'a\nb' } }],
    ['has no such status', { statusCode: 99 }],
  ])('a result that %s is a 500, and the gateway goes on', async (_name, payload) => {
    const { response } = await request('/v1/health', {}, { payload });

    expect(response.status).toBe(500);
    expect((await request('/v1/health')).response.status).toBe(204);
  });

  test('a function that fails is a 500 without details', async () => {
    const { response } = await request(
      '/v1/health',
      {},
      { functionError: 'Unhandled', payload: { errorMessage: 'secret' } },
    );

    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });

  test('a function that exceeds its time limit is a 504', async () => {
    const payload = { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 29.00 seconds' };
    const { response } = await request('/v1/health', {}, { functionError: 'Unhandled', payload });

    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: 'upstream-timeout' });
  });

  test.each([7_000_000, 11_000_000])('a body of %i bytes is 413, and the sender gets the answer', async (bytes) => {
    const { response, name } = await request('/v1/login', { method: 'POST', body: 'x'.repeat(bytes) });

    expect([response.status, response.headers.get('content-type')]).toEqual([413, 'application/problem+json']);
    expect(name).toBeUndefined();
  });

  test('a failure before the function is invoked is a 500, and the gateway goes on', async () => {
    const serveLocalPage = () => {
      throw new TypeError('Invalid URL');
    };
    const failing = await startGateway({ port: 0, serveLocalPage, invoke: async () => answer });

    for (const _time of ['once', 'twice']) {
      const response = await fetch(failing.url);
      expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
    }
    failing.stop();
  });

  test('a path that cannot be decoded is 400', async () => {
    const { response, name } = await request('/v1/sessions/%E0%A4%A');

    expect(response.status).toBe(400);
    expect(name).toBeUndefined();
  });
});
