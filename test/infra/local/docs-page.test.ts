import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway } from '../../../infra/local/api-gateway.ts';
import { serveDocs } from '../../../infra/local/docs-page.ts';

let gateway: Awaited<ReturnType<typeof startGateway>>;
beforeAll(async () => {
  const notFound = { statusCode: 404, headers: { 'content-type': 'application/problem+json' }, body: '{}' };
  gateway = await startGateway({ port: 0, serveLocalPage: serveDocs, invoke: async () => ({ payload: notFound }) });
});
afterAll(() => gateway.stop());

/** Requests a path as it is; `fetch` would normalise it. */
async function get(path: string, method = 'GET') {
  const sent = request(gateway.url, { path, method });
  sent.end();
  const [answer]: IncomingMessage[] = await once(sent, 'response');
  if (!answer) throw new Error('no answer');
  return { status: answer.statusCode, contentType: answer.headers['content-type'], body: await text(answer) };
}

test('the page and its files come from this machine, and no other service validates the description', async () => {
  const page = await get('/docs?deep=link');
  const loaded = [...page.body.matchAll(/(?:src|href|url)(?:="|: ')([^"']+)/g)].map(([, address = '']) => address);

  expect([page.status, page.contentType]).toEqual([200, 'text/html']);
  expect(loaded).toEqual(['data:,', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/openapi.json']);
  expect(page.body).toContain('validatorUrl: null');
  expect(page.body).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
  for (const file of loaded.filter((address) => address.startsWith('/docs/'))) {
    const { status, contentType, body } = await get(file);
    expect([status, contentType, body.length > 100_000]).toEqual([
      200,
      file.endsWith('.css') ? 'text/css' : 'text/javascript',
      true,
    ]);
  }
});

test('HEAD answers with the headers of the page and of its files', async () => {
  for (const path of ['/docs', '/docs/swagger-ui.css']) {
    const [head, page] = [await get(path, 'HEAD'), await get(path)];
    expect(head).toEqual({ ...page, body: '' });
  }
});

test.each([
  ['two slashes', '//', 404],
  ['two slashes and what could be a host', '//docs', 404],
  ['a file that is none of the page’s', '/docs/package.json', 404],
  ['a name that every object has', '/docs/../constructor', 404],
  ['what cannot be decoded', '/docs/%E0%A4%A', 400],
  ['a whole address', 'http://[', 404],
])('%s: a problem, and the next request is answered', async (_name, path, status) => {
  expect(await get(path)).toMatchObject({ status, contentType: 'application/problem+json' });
  expect((await get('/docs')).status).toBe(200);
});
