import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { SECOND } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { FUNCTIONS } from '../functions.ts';
import { portOf } from './database.ts';
import type { Outcome } from './lambda-worker.ts';

/** What came of an invocation: `functionError` is set when the function threw, timed out or died. */
export type Invoked = { readonly payload: unknown; readonly functionError?: string };
export type Lambda = Awaited<ReturnType<typeof startLambda>>;

export type LambdaOptions = {
  /** A folder with `<name>/index.cjs` for each function, as esbuild.config.mjs makes it. */
  readonly bundles: string;
  /** Each function's own environment, and nothing else. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /** Takes every line a function writes. */
  readonly log: (line: string) => void;
  readonly timeoutSecondsOf?: (name: string) => number;
};

const MAX_TIMEOUT_SECONDS = 900;
const timeoutOf = (name: string): number =>
  Object.entries(FUNCTIONS).find(([known]) => known === name)?.[1].timeoutSeconds ?? MAX_TIMEOUT_SECONDS;

/** Lambda on this machine: one worker thread per function, started when it is first needed, and its Invoke API. */
export async function startLambda({ bundles, environmentOf, log, timeoutSecondsOf = timeoutOf }: LambdaOptions) {
  const running = new Map<string, Runner>();
  const bundleOf = (name: string) => join(bundles, name, 'index.cjs');
  const has = (name: string) => /^[a-z][a-z-]*$/.test(name) && existsSync(bundleOf(name));

  async function invoke(name: string, event: unknown): Promise<Invoked> {
    if (!has(name)) throw new Error(`There is no function ${name}.`);
    let runner = running.get(name);
    if (!runner || runner.dead()) {
      runner = startRunner(name, bundleOf(name), environmentOf(name), log);
      running.set(name, runner);
    }
    return runner.invoke(event, timeoutSecondsOf(name));
  }

  const server = createServer((request, response) => {
    answerInvoke(request, response, { has, invoke }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    has,
    invoke,
    async stop() {
      server.close();
      server.closeAllConnections();
      await Promise.all([...running.values()].map((runner) => runner.stop()));
    },
  };
}

type Runner = ReturnType<typeof startRunner>;

function startRunner(name: string, bundle: string, env: Readonly<Record<string, string>>, log: (line: string) => void) {
  const waiting = new Map<string, (invoked: Invoked) => void>();
  const worker = new Worker(new URL('./lambda-worker.ts', import.meta.url), {
    workerData: { name, bundle },
    env: { ...env },
    stdout: true,
    stderr: true,
  });
  let dead = false;
  const settle = (id: string, invoked: Invoked) => {
    waiting.get(id)?.(invoked);
    waiting.delete(id);
  };
  const die = (error: { errorType: string; errorMessage: string }) => {
    dead = true;
    for (const id of [...waiting.keys()]) settle(id, failed(error));
  };
  for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', log);
  worker.on('message', (outcome: Outcome) =>
    settle(outcome.id, 'error' in outcome ? failed(outcome.error) : { payload: outcome.result }),
  );
  worker.on('error', (error) => {
    log(JSON.stringify({ level: 'ERROR', event: 'function-died', function: name, message: error.message }));
    die({ errorType: 'Runtime.ExitError', errorMessage: `The function died: ${error.message}` });
  });
  worker.on('exit', () => die({ errorType: 'Runtime.ExitError', errorMessage: 'The function exited.' }));

  return {
    dead: () => dead,
    async invoke(event: unknown, timeoutSeconds: number): Promise<Invoked> {
      const id = randomUUID();
      const outcome = new Promise<Invoked>((resolve) => waiting.set(id, resolve));
      const timeout = setTimeout(
        () =>
          settle(
            id,
            failed({
              errorType: 'Sandbox.Timedout',
              errorMessage: `Task timed out after ${timeoutSeconds}.00 seconds`,
            }),
          ),
        timeoutSeconds * SECOND,
      );
      worker.postMessage({ id, event, timeoutSeconds, deadline: systemClock.monotonic() + timeoutSeconds * SECOND });
      return outcome.finally(() => clearTimeout(timeout));
    },
    async stop() {
      dead = true;
      await worker.terminate();
    },
  };
}

const failed = (error: { errorType: string; errorMessage: string }): Invoked => ({
  functionError: 'Unhandled',
  payload: error,
});

/** Lambda's Invoke: `POST /2015-03-31/functions/{name or ARN}/invocations`. */
async function answerInvoke(
  request: IncomingMessage,
  response: ServerResponse,
  { has, invoke }: Pick<Lambda, 'has' | 'invoke'>,
): Promise<void> {
  const target = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1];
  const name =
    decodeURIComponent(target ?? '')
      .split(':')
      .at(-1) ?? '';
  const body = (await buffer(request)).toString('utf8');
  if (!has(name)) {
    response
      .writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' })
      .end(JSON.stringify({ Message: `Function not found: ${name}` }));
    return;
  }
  const invoked = invoke(name, body === '' ? {} : JSON.parse(body));
  if (request.headers['x-amz-invocation-type'] === 'Event') {
    invoked.catch(() => undefined);
    response.writeHead(202).end();
    return;
  }
  const { payload, functionError } = await invoked;
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(functionError && { 'x-amz-function-error': functionError }),
  });
  response.end(JSON.stringify(payload));
}
