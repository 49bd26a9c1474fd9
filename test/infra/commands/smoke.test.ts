import { execFile } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Runs the command against a server. */
async function smoke(answer: RequestListener) {
  const { url, stop } = await listenOnLoopback(createServer(answer));
  stops.push(stop);
  const run = promisify(execFile)(process.execPath, ['infra/commands/smoke.ts', url]);
  return run.then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
}

const PROBLEM = { 'content-type': 'application/problem+json' };
const SERVICE: Readonly<
  Record<string, readonly [status: number, headers: Readonly<Record<string, string>>, body: string]>
> = {
  '/v1/health': [
    200,
    { 'strict-transport-security': 'max-age=1', 'x-content-type-options': 'nosniff' },
    '{"status":"ok"}',
  ],
  '/': [200, { 'content-security-policy': "default-src 'self'" }, '<html>'],
  '/openapi.json': [200, { 'content-type': 'application/json' }, '{"openapi":"3.1.0"}'],
  '/v1/login': [400, PROBLEM, '{"code":"invalid-request"}'],
  '/v1/sessions': [401, { ...PROBLEM, 'www-authenticate': 'Bearer' }, '{"code":"unauthenticated"}'],
  '/v1/nothing': [404, PROBLEM, '{"code":"not-found"}'],
};

const answerAs =
  (changes: typeof SERVICE): RequestListener =>
  (request, response) => {
    const [status, headers, body] = { ...SERVICE, ...changes }[request.url ?? ''] ?? [500, {}, ''];
    response.writeHead(status, headers).end(body);
  };

test('a service that answers as it should passes', async () => {
  const { code, stdout } = await smoke(answerAs({}));

  expect(stdout).not.toContain('✗');
  expect(code).toBe(0);
});

test.each([
  ['another status', { '/v1/login': [500, PROBLEM, '{"code":"internal"}'] }, 'a login that is refused: status 500'],
  ['a missing header', { '/': [200, {}, '<html>'] }, 'page: no header content-security-policy'],
  ['another body', { '/v1/health': [200, SERVICE['/v1/health']?.[1] ?? {}, '{}'] }, 'health: a body without'],
] as const)('%s fails the check, and is named', async (_what, changes, named) => {
  const { code, stdout } = await smoke(answerAs(changes));

  expect(stdout).toContain(`✗ ${named}`);
  expect(code).toBe(1);
});
