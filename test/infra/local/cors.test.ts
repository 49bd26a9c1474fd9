import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway } from '../../../infra/local/api-gateway.ts';

const PAGE = 'https://page.example';
const PREFLIGHT = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' };

let gateway: Awaited<ReturnType<typeof startGateway>>;
const invoked: string[] = [];
beforeAll(async () => {
  gateway = await startGateway({
    port: 0,
    corsOrigins: [PAGE],
    async invoke(name) {
      invoked.push(name);
      return { payload: { statusCode: 200, body: 'answered' } };
    },
  });
});
afterAll(() => gateway.stop());

const ask = (method: string, headers: Record<string, string>, url = gateway.url) =>
  fetch(`${url}/v1/notifications`, { method, headers });

const corsHeaders = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control')));

describe('the page of a configured origin', () => {
  test('is told by the gateway itself what it may send', async () => {
    const answer = await ask('OPTIONS', { origin: PAGE, ...PREFLIGHT });

    expect([answer.status, invoked]).toEqual([204, []]);
    expect(corsHeaders(answer)).toEqual({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE',
      'access-control-allow-headers': 'authorization,content-type,if-none-match',
      'access-control-max-age': '3600',
    });
  });

  test('may read the answer, and the headers that clients need', async () => {
    const answer = await ask('GET', { origin: PAGE });

    expect(await answer.text()).toBe('answered');
    expect(corsHeaders(answer)).toEqual({
      'access-control-allow-origin': PAGE,
      'access-control-expose-headers': 'etag,location,retry-after',
    });
  });

  test('may read the gateway’s own refusals too', async () => {
    const answer = await fetch(`${gateway.url}/v1/sessions/%E0%A4%A`, { headers: { origin: PAGE } });

    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([400, PAGE]);
  });
});

test('the page of another origin is told nothing', async () => {
  for (const [method, headers] of [
    ['OPTIONS', PREFLIGHT],
    ['GET', {}],
  ] as const)
    expect(corsHeaders(await ask(method, { origin: 'https://evil.example', ...headers }))).toEqual({});
});

test('the star stands for every origin', async () => {
  const open = await startGateway({ port: 0, corsOrigins: ['*'], invoke: async () => ({ payload: {} }) });

  const answer = await ask('GET', { origin: PAGE }, open.url);

  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  open.stop();
});

test('every answer of the gateway keeps browsers to https, and from guessing its type', async () => {
  for (const path of ['/v1/health', '/v1/sessions/%E0%A4%A']) {
    const { headers } = await fetch(`${gateway.url}${path}`);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});
