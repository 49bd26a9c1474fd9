import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectProblem } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** How the files of the members' page are served. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** Asks for a file as a browser would; `fetch` would hide how it is compressed. */
async function load(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const outgoing = request(new URL(path, world.stack.url), { method, headers, agent: false }).end();
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject);
  });
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
}

const pathsIn = (html: string): readonly string[] =>
  [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);

test('the page, the manifest, the worker and every file they name are there', async () => {
  const html = (await world.api.get('/')).text;
  const manifest = (await world.api.get('/manifest.webmanifest')).text;
  const worker = (await world.api.get('/sw.js')).text;
  const paths = [...pathsIn(html), ...[...`${manifest}${worker}`.matchAll(/\/assets\/[\w.-]+/g)].map(([path]) => path)];

  expect(paths.length).toBeGreaterThan(8);
  for (const path of new Set(paths)) {
    const { status, headers } = await load(path);
    expect([path, status]).toEqual([path, 200]);
    if (path.startsWith('/assets/')) expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  }
  expectProblem(await world.api.get('/assets/nothing-12345.js'), 404, 'not-found');
});

test('a file is compressed as its browser can, and not sent again while it has not changed', async () => {
  const plain = await load('/');
  const brotli = await load('/', { 'accept-encoding': 'gzip, br' });
  const gzip = await load('/', { 'accept-encoding': 'gzip;q=0.5, br;q=0' });
  const again = await load('/', { 'if-none-match': plain.headers.etag ?? '' });
  const head = await load('/', {}, 'HEAD');

  expect(plain.headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'accept-encoding' });
  expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
  expect(gunzipSync(gzip.body)).toEqual(plain.body);
  expect([again.status, again.body.length]).toEqual([304, 0]);
  expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(plain.body.length)]);
});

test('the page takes scripts and styles from its own origin alone, and no frame may hold it', async () => {
  const { headers, body } = await load('/');

  expect(headers['content-security-policy']).toBe(
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  );
  expect(body.toString()).not.toMatch(/<script>|style=|<style| on\w+=/);
});

test('scripts and styles have at most 60 kB, compressed', async () => {
  const paths = (await world.api.get('/sw.js')).text.matchAll(/\/assets\/[\w.-]+\.(?:js|css)/g);
  const sizes = await Promise.all(
    [...paths].map(async ([path]) => (await load(path, { 'accept-encoding': 'br' })).body.length),
  );

  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60_000);
});
