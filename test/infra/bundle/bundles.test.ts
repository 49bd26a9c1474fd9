import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { bundleFunctions } from '../../../esbuild.config.mjs';
import { FUNCTIONS } from '../../../infra/catalog/functions.ts';
import { boundPort } from '../../../infra/local/dynamodb.ts';
import { issueAccessToken } from '../../../lib/sessions/access-token.ts';

const bundleOf = (name: string) => join(inject('bundles'), name, 'index.cjs');
const NAMES = Object.keys(FUNCTIONS);

/** What was read by each bundle, by function. */
let inputs: ReadonlyMap<string, string>;
beforeAll(async () => {
  const { outputs } = await bundleFunctions(undefined, { write: false });
  inputs = new Map(
    Object.entries(outputs).flatMap(([file, { inputs: read }]) => {
      const name = /([^/]+)\/index\.cjs$/.exec(file)?.[1];
      return name === undefined ? [] : [[name, Object.keys(read).join('\n')] as const];
    }),
  );
}, 60_000);

/** The largest that a bundle may be, in bytes: reading it is what a cold start waits for. */
function budgetOf(name: string, inputs: string): number {
  if (name === 'fire-prebooking') return 300_000;
  // Nobody waits for its start: it runs every minute, so it is warm.
  if (name === 'plan-routines') return 440_000;
  const more = ['@aws-sdk/client-scheduler', '@aws-sdk/client-lambda', '@aws-sdk/client-sesv2'];
  return more.some((client) => inputs.includes(client)) ? 420_000 : 350_000;
}

test('every bundle keeps to its budget', () => {
  const fat = NAMES.filter((name) => statSync(bundleOf(name)).size > budgetOf(name, inputs.get(name) ?? ''));

  expect([...inputs.keys()].toSorted()).toEqual(NAMES.toSorted());
  expect(fat.map((name) => `${name}: ${statSync(bundleOf(name)).size} bytes`)).toEqual([]);
});

test('only who sends mail or webhooks carries what that takes', () => {
  const carrying = (what: RegExp) => NAMES.filter((name) => what.test(inputs.get(name) ?? ''));

  expect(carrying(/client-sesv2/)).toEqual(['notify', 'retry-notifications']);
  expect(carrying(/ipaddr\.js/)).toEqual(['set-notifications', 'notify', 'retry-notifications']);
});

test('the firing function carries no HTTP stack, and nobody carries what a Lambda never uses', () => {
  expect(inputs.get('fire-prebooking')).not.toMatch(/@middy|lib\/http\//);
  for (const all of inputs.values())
    expect(all).not.toMatch(
      /credential-provider-(?:ini|sso|process|web-identity|http|imds)|bowser|middleware-endpoint-discovery/,
    );
  for (const name of NAMES) expect(readFileSync(bundleOf(name), 'utf8').includes('devDependencies')).toBe(false);
});

/** Asked for, and done without, when an event goes to several regions: none does. */
const OPTIONAL = ['@aws-sdk/signature-v4-crt', '@aws-sdk/signature-v4a'];

test.each(NAMES)('the bundle of %s needs nothing but what Node has', async (name) => {
  const requires = readFileSync(bundleOf(name), 'utf8').matchAll(/require\("([^"]+)"\)|import\("([^"]+)"\)/g);

  const foreign = [...requires]
    .map(([, required, imported]) => required ?? imported ?? '')
    .filter((id) => !isBuiltin(id) && !OPTIONAL.includes(id));

  expect(foreign).toEqual([]);
});

test('a bundle signs with the credentials that Lambda puts into its environment, and repeats what failed', async () => {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    response.writeHead(asked.length === 1 ? 500 : 200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
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
    },
  });

  expect(asked).toHaveLength(2);
  expect(asked[0]?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDOFTHEROLE\/\d{8}\/eu-west-1\/dynamodb\//);
  expect(asked[0]?.['x-amz-security-token']).toBe('session-of-the-role');
});
