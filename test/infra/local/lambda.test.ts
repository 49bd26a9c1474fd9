import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  InvalidRequestContentException,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lambda, startLambda } from '../../../infra/local/lambda.ts';
import { loadSecrets, startSecretsManager } from '../../../infra/local/secrets-manager.ts';

const BUNDLES = {
  echo: 'exports.handler = async (event, context) => ({ event, name: context.functionName, left: context.getRemainingTimeInMillis() });',
  together:
    'let waiting = []; exports.handler = () => new Promise((resolve) => { waiting.push(resolve); if (waiting.length === 3) for (const done of waiting) done(waiting.length); });',
  environment: 'exports.handler = async () => process.env;',
  throws: 'exports.handler = async () => { throw new RangeError("too far"); };',
  traces: 'exports.handler = async () => new Error("traced").stack;',
  never: 'exports.handler = () => new Promise(() => {});',
  loops: 'exports.handler = async ({ loop }) => { while (loop); return "free"; };',
  holes: 'exports.handler = async () => ({ statusCode: 204, headers: { location: undefined } });',
  circular: 'exports.handler = async () => { const result = {}; result.self = result; return result; };',
  dies: 'exports.handler = async ({ die }) => { if (die) process.exit(1); return "alive"; };',
};

let folder: string;
let lambda: Lambda;
const lines: string[] = [];
const TIMEOUTS = new Map([
  ['never', 0.05],
  ['loops', 0.5],
]);
const client = () =>
  new LambdaClient({
    endpoint: lambda.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'on-the-dot-lambda-'));
  for (const [name, code] of Object.entries(BUNDLES)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'index.cjs'), code);
  }
  lambda = await startLambda({
    bundles: folder,
    environmentOf: (name) => ({ NAME: name }),
    log: (line) => lines.push(line),
    timeoutSecondsOf: (name) => TIMEOUTS.get(name) ?? 20,
  });
});
afterAll(async () => {
  await lambda.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a function gets its event, and a context of its own', async () => {
  const { payload } = await lambda.invoke('echo', { hello: 'world' });

  expect(payload).toMatchObject({ event: { hello: 'world' }, name: 'echo' });
  const { left } = payload as { left: number };
  expect(Number.isInteger(left) && left > 0 && left <= 20_000).toBe(true);
});

test('invocations run at the same time in one worker', async () => {
  const results = await Promise.all([1, 2, 3].map(() => lambda.invoke('together', {})));

  expect(results).toEqual([{ payload: 3 }, { payload: 3 }, { payload: 3 }]);
});

test('a function sees its own environment and nothing else', async () => {
  expect((await lambda.invoke('environment', {})).payload).toEqual({ NAME: 'environment' });
});

test.each([
  ['throws', 'throws', {}, { errorType: 'RangeError', errorMessage: 'too far' }],
  ['takes too long', 'never', {}, { errorType: 'Sandbox.Timedout' }],
  ['returns a value that is not JSON', 'circular', {}, { errorType: 'TypeError' }],
  ['dies', 'dies', { die: true }, { errorType: 'Runtime.ExitError' }],
])('a function that %s fails as on Lambda', async (_name, name, event, payload) => {
  expect(await lambda.invoke(name, event)).toMatchObject({ functionError: 'Unhandled', payload });
  expect(lines.some((line) => line.includes('function-failed') && line.includes(payload.errorType))).toBe(true);
});

test('a result is JSON, so undefined fields are left out', async () => {
  const { payload } = await lambda.invoke('holes', {});

  expect(payload).toStrictEqual({ statusCode: 204, headers: {} });
});

test('a dead function is started again', async () => {
  await lambda.invoke('dies', { die: true });

  expect(await lambda.invoke('dies', {})).toEqual({ payload: 'alive' });
});

test('after a bundle has changed, the next invocation uses the new one, and running ones end on the old one', async () => {
  const code = (version: string) => `
    const { existsSync } = require('node:fs');
    exports.handler = async ({ until }) => {
      while (until && !existsSync(until)) await new Promise((go) => setTimeout(go, 5));
      return '${version}';
    };`;
  const bundle = join(folder, 'changes', 'index.cjs');
  mkdirSync(join(folder, 'changes'));
  writeFileSync(bundle, code('old'));
  await lambda.invoke('changes', {});
  const until = join(folder, 'new-one-has-run');
  const underWay = lambda.invoke('changes', { until });
  writeFileSync(`${bundle}.new`, code('new'));
  renameSync(`${bundle}.new`, bundle);

  expect(await lambda.invoke('changes', {})).toEqual({ payload: 'new' });
  writeFileSync(until, '');
  expect(await underWay).toEqual({ payload: 'old' });
});

test('what an invocation has logged is shown, even if its bundle is replaced before it ends', async () => {
  const code = `
    exports.handler = async ({ count }) => {
      for (let number = 1; number <= count; number += 1) process.stdout.write('line ' + number + '\\n');
    };`;
  const bundle = join(folder, 'logs', 'index.cjs');
  mkdirSync(join(folder, 'logs'));
  writeFileSync(bundle, code);
  const underWay = lambda.invoke('logs', { count: 1_000 });
  writeFileSync(`${bundle}.new`, code);
  renameSync(`${bundle}.new`, bundle);
  await lambda.invoke('logs', { count: 0 });
  await underWay;

  await expect.poll(() => lines.filter((line) => line.startsWith('line '))).toHaveLength(1_000);
});

test('a function in an endless loop does not block the next invocation', async () => {
  expect(await lambda.invoke('loops', { loop: true })).toMatchObject({ functionError: 'Unhandled' });
  TIMEOUTS.delete('loops');

  expect(await lambda.invoke('loops', {})).toEqual({ payload: 'free' });
});

test('the SDK invokes a function, waits for it or not, and gets its errors', async () => {
  const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:echo';
  const waited = await client().send(new InvokeCommand({ FunctionName: arn, Payload: Buffer.from('{"a":1}') }));
  const started = await client().send(
    new InvokeCommand({ FunctionName: 'never', InvocationType: 'Event', Payload: Buffer.from('{}') }),
  );
  const failed = await client().send(new InvokeCommand({ FunctionName: 'throws' }));

  expect(JSON.parse(Buffer.from(waited.Payload ?? []).toString())).toMatchObject({ event: { a: 1 } });
  expect(started.StatusCode).toBe(202);
  expect(failed.FunctionError).toBe('Unhandled');
  await expect(client().send(new InvokeCommand({ FunctionName: 'unknown' }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  );
  await expect(
    client().send(new InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from('{') })),
  ).rejects.toBeInstanceOf(InvalidRequestContentException);
});

test('a secret is returned by its id; an unknown id is an error', async () => {
  const secrets = await startSecretsManager(new Map([['on-the-dot', '{"a":1}']]));
  const manager = new SecretsManagerClient({
    endpoint: secrets.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });

  expect((await manager.send(new GetSecretValueCommand({ SecretId: 'on-the-dot' }))).SecretString).toBe('{"a":1}');
  await expect(manager.send(new GetSecretValueCommand({ SecretId: 'other' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  secrets.stop();
});

test('local secrets are created once and readable by their owner only; the salt can be overridden', () => {
  const first = loadSecrets(folder, undefined);
  chmodSync(join(folder, 'keys.json'), 0o644);

  expect(loadSecrets(folder, undefined)).toEqual(first);
  expect(loadSecrets(folder, 'pepper')).toEqual({ ...first, salt: '{"fingerprintSalt":"pepper"}' });
  for (const file of ['keys.json', 'salt.json']) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
});

test('a worker that has nothing to do ends, and the next invocation starts another', async () => {
  // An asynchronous invocation of a test before may still run.
  await lambda.waitUntilIdle();
  const waiting = lambda.invoke('changes', { until: join(folder, 'never-written') });
  await lambda.invoke('echo', {});
  lambda.endIdle(0);

  expect(lambda.countWorkers()).toBe(1);
  expect((await lambda.invoke('echo', { again: true })).payload).toMatchObject({ event: { again: true } });
  writeFileSync(join(folder, 'never-written'), '');
  await waiting;
});

test('a worker starts also after the folder that the service runs from is deleted', async () => {
  const build = mkdtempSync(join(tmpdir(), 'on-the-dot-build-'));
  const outfile = join(build, 'lambda-runner.mjs');
  buildSync({ entryPoints: ['infra/local/lambda-runner.ts'], bundle: true, platform: 'node', format: 'esm', outfile });
  copyFileSync('infra/local/lambda-worker.mjs', join(build, 'lambda-worker.mjs'));
  const built: typeof import('../../../infra/local/lambda-runner.ts') = await import(pathToFileURL(outfile).href);
  rmSync(build, { recursive: true });

  const bundle = join(folder, 'echo', 'index.cjs');
  const runner = new built.LambdaRunner({ bundle, environment: {}, givesWay: false, log: () => {}, clock: undefined });

  expect((await runner.invoke('echo', { hello: 'world' }, 20)).payload).toMatchObject({ event: { hello: 'world' } });
  await runner.stop();
});

test('a stack trace names the worker’s code, and does not contain it', async () => {
  const { payload } = await lambda.invoke('traces', {});

  expect(String(payload).length).toBeLessThan(2_000);
  expect(payload).toMatch(/lambda-worker\.mjs:\d+/);
});
