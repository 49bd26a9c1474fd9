import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { expect, inject, onTestFinished, test } from 'vitest';
import { METAFILE } from '../../../infra/bundle/bundle-cache.ts';
import { FUNCTIONS } from '../../../infra/catalog/functions.ts';
import { boundPort } from '../../../infra/local/loopback.ts';
import { issueAccessToken } from '../../../lib/sessions/access-token.ts';

const bundleOf = (name: string) => join(inject('bundles'), name, 'index.cjs');
const NAMES = Object.keys(FUNCTIONS);

/** The paths of the modules in each function's bundle, one per line. */
const { outputs }: Metafile = JSON.parse(readFileSync(join(inject('bundles'), METAFILE), 'utf8'));
const inputs: ReadonlyMap<string, string> = new Map(
  Object.entries(outputs).flatMap(([file, { inputs: read }]) => {
    const name = /([^/]+)\/index\.cjs$/.exec(file)?.[1];
    return name === undefined ? [] : [[name, Object.keys(read).join('\n')] as const];
  }),
);

/** Returns the budget of a function's bundle in bytes: a cold start waits until Node has read it. */
function budgetOf(name: string, inputs: string): number {
  if (name === 'fire-prebooking') return 302_000;
  // It runs every minute, so it is warm, and nobody waits for its cold start.
  if (name === 'plan-routines') return 440_000;
  const more = ['@aws-sdk/client-scheduler', '@aws-sdk/client-lambda', '@aws-sdk/client-sesv2'];
  return more.some((client) => inputs.includes(client)) ? 420_000 : 350_000;
}

test('no bundle is larger than its budget', () => {
  const tooLarge = NAMES.filter((name) => statSync(bundleOf(name)).size > budgetOf(name, inputs.get(name) ?? ''));

  expect([...inputs.keys()].toSorted()).toEqual(NAMES.toSorted());
  expect(tooLarge.map((name) => `${name}: ${statSync(bundleOf(name)).size} bytes`)).toEqual([]);
});

test('only functions that send mail or webhooks contain the code for it', () => {
  const containing = (what: RegExp) => NAMES.filter((name) => what.test(inputs.get(name) ?? ''));

  const sending = ['test-notifications', 'notify', 'retry-notifications'];
  expect(containing(/client-sesv2/)).toEqual(sending);
  expect(containing(/ipaddr\.js/)).toEqual(['set-notifications', ...sending]);
});

test('the firing function contains no HTTP stack, and no function contains what Lambda never uses', () => {
  expect(inputs.get('fire-prebooking')).not.toMatch(/@middy|lib\/http\/|HttpBinding/);
  for (const all of inputs.values())
    expect(all).not.toMatch(
      /credential-provider-(?:ini|sso|process|web-identity|http|imds)|bowser|middleware-endpoint-discovery|parseIni/,
    );
  for (const name of NAMES) expect(readFileSync(bundleOf(name), 'utf8').includes('devDependencies')).toBe(false);
});

/** The SDK requires them only to sign a request for several Regions, and no function sends one. */
const OPTIONAL = ['@aws-sdk/signature-v4-crt', '@aws-sdk/signature-v4a'];

test.each(NAMES)('the bundle of %s requires only modules that Node has', async (name) => {
  const requires = readFileSync(bundleOf(name), 'utf8').matchAll(/require\("([^"]+)"\)|import\("([^"]+)"\)/g);

  const foreign = [...requires]
    .map(([, required, imported]) => required ?? imported ?? '')
    .filter((id) => !isBuiltin(id) && !OPTIONAL.includes(id));

  expect(foreign).toEqual([]);
});

test.each(NAMES)(
  'the bundle of %s imports no module while it runs, which would initialise all of its exports',
  (name) => {
    expect(readFileSync(bundleOf(name), 'utf8')).not.toMatch(/\bimport\(/);
  },
);

test('a bundle signs with the credentials in Lambda’s environment, and retries a request that failed', async () => {
  const received: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    received.push(request.headers);
    response.writeHead(received.length === 1 ? 500 : 200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const { accessToken } = issueAccessToken({ email: 'ada@example.com', fingerprint: 'phone-12345' });
  const headers = JSON.stringify({ authorization: `Bearer ${accessToken}` });
  const script = `require(${JSON.stringify(bundleOf('list-sessions'))}).handler(
    { headers: ${headers}, requestContext: { http: { method: 'GET' } }, routeKey: 'GET /v1/sessions' },
    { getRemainingTimeInMillis: () => 5000 })`;

  await promisify(execFile)(process.execPath, ['-e', script], {
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDOFTHEROLE',
      AWS_SECRET_ACCESS_KEY: 'secret-of-the-role',
      AWS_SESSION_TOKEN: 'session-of-the-role',
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${boundPort(server)}`,
      SESSIONS_TABLE: 'sessions',
      LIMITS_TABLE: 'limits',
    },
  });

  expect(received).toHaveLength(2);
  expect(received[0]?.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDOFTHEROLE\/\d{8}\/eu-west-1\/dynamodb\//,
  );
  expect(received[0]?.['x-amz-security-token']).toBe('session-of-the-role');
});
