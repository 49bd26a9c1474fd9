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
import { functionsByName } from '../catalog/functions.ts';
import { boundPort } from './dynamodb.ts';
import type { Outcome } from './lambda-worker.mjs';
import type { MovableClock } from './movable-clock.ts';

/** What came of an invocation: `functionError` is set when the function threw, timed out or died. */
export type Invoked = { readonly payload: unknown; readonly functionError?: string };
export type Lambda = Awaited<ReturnType<typeof startLambda>>;

export type LambdaOptions = {
  /** A folder with `<name>/index.cjs` for each function (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  /** Each function's own environment, and nothing else. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /** Takes every line a function writes. */
  readonly log: (line: string) => void;
  readonly timeoutSecondsOf?: (name: string) => number;
  /** For tests: the clock that the functions read. */
  readonly clock?: MovableClock | undefined;
};

const MAX_TIMEOUT_SECONDS = 900;
const timeoutOf = (name: string): number => functionsByName.get(name)?.timeoutSeconds ?? MAX_TIMEOUT_SECONDS;

/** Lambda on this machine: one worker thread per function, started when it is first needed, and its Invoke API. */
export async function startLambda({ bundles, environmentOf, log, timeoutSecondsOf = timeoutOf, clock }: LambdaOptions) {
  const running = new Map<string, Runner>();
  const retired = new Set<Runner>();
  const underWay = new Set<Promise<Invoked>>();
  const bundleOf = (name: string) => join(bundles, name, 'index.cjs');
  const has = (name: string) => /^[a-z][a-z-]*$/.test(name) && existsSync(bundleOf(name));

  async function invoke(name: string, event: unknown): Promise<Invoked> {
    if (!has(name)) throw new Error(`There is no function ${name}.`);
    let runner = running.get(name);
    if (!runner?.usable()) {
      if (runner) retired.add(runner);
      runner = startRunner({ name, bundle: bundleOf(name), env: environmentOf(name), log, clock });
      running.set(name, runner);
    }
    const invoked = runner.invoke(event, timeoutSecondsOf(name));
    underWay.add(invoked);
    return invoked.finally(() => underWay.delete(invoked));
  }

  const server = createServer((request, response) => {
    answerInvoke(request, response, { has, invoke }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${boundPort(server)}`,
    has,
    invoke,
    /** Waits until no invocation runs. */
    async idle(): Promise<void> {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await Promise.all([...running.values(), ...retired].map((runner) => runner.stop()));
    },
  };
}

type Runner = ReturnType<typeof startRunner>;
type FunctionFailure = { readonly errorType: string; readonly errorMessage: string };

type RunnerOptions = {
  readonly name: string;
  readonly bundle: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly clock: MovableClock | undefined;
};

function startRunner({ name, bundle, env, log, clock }: RunnerOptions) {
  const waiting = new Map<string, (invoked: Invoked) => void>();
  const worker = new Worker(new URL('./lambda-worker.mjs', import.meta.url), {
    workerData: { name, bundle, clockOffset: clock?.offset },
    env: { ...env },
    stdout: true,
    stderr: true,
  });
  let usable = true;
  const settle = (id: string, invoked: Invoked) => {
    waiting.get(id)?.(invoked);
    waiting.delete(id);
    // A function that timed out may be in an endless loop: it is ended, but not under those that still run beside it.
    if (!usable && waiting.size === 0) void worker.terminate();
  };
  const fail = (id: string, error: FunctionFailure) => {
    if (!waiting.has(id)) return;
    log(JSON.stringify({ level: 'ERROR', event: 'function-failed', function: name, ...error }));
    settle(id, { functionError: 'Unhandled', payload: error });
  };
  const die = (error: FunctionFailure) => {
    usable = false;
    for (const id of [...waiting.keys()]) fail(id, error);
  };
  for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', log);
  worker.on('message', (outcome: Outcome) =>
    'error' in outcome ? fail(outcome.id, outcome.error) : settle(outcome.id, { payload: JSON.parse(outcome.result) }),
  );
  worker.on('error', (error) => {
    log(JSON.stringify({ level: 'ERROR', event: 'function-died', function: name, message: error.message }));
    die({ errorType: 'Runtime.ExitError', errorMessage: `The function died: ${error.message}` });
  });
  worker.on('exit', () => die({ errorType: 'Runtime.ExitError', errorMessage: 'The function exited.' }));

  return {
    usable: () => usable,
    async invoke(event: unknown, timeoutSeconds: number): Promise<Invoked> {
      const id = randomUUID();
      const outcome = new Promise<Invoked>((resolve) => waiting.set(id, resolve));
      const timeout = setTimeout(() => {
        usable = false;
        fail(id, {
          errorType: 'Sandbox.Timedout',
          errorMessage: `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
        });
      }, timeoutSeconds * SECOND);
      worker.postMessage({
        id,
        event,
        timeoutSeconds,
        deadline: (clock ?? systemClock).monotonic() + timeoutSeconds * SECOND,
      });
      return outcome.finally(() => clearTimeout(timeout));
    },
    async stop() {
      usable = false;
      await worker.terminate();
    },
  };
}

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
  if (!has(name)) return refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const event = parse(body === '' ? '{}' : body);
  if (!event) return refuse(response, 400, 'InvalidRequestContentException', 'The payload is not JSON.');
  const invoked = invoke(name, event.value);
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

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'x-amzn-errortype': type }).end(JSON.stringify({ Message: message }));
}
