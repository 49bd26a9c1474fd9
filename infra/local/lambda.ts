import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { functionsByName } from '../catalog/functions.ts';
import type { InvocationResult } from './lambda-runner.ts';
import { LambdaRunners, type RunnersOptions } from './lambda-runners.ts';
import { listenOnLoopback } from './loopback.ts';

export type Lambda = Awaited<ReturnType<typeof startLambda>>;

export type LambdaOptions = RunnersOptions & {
  /** Returns a function's time limit; by default the catalogue's. */
  readonly timeoutSecondsOf?: (name: string) => number;
};

/** Lambda's longest time limit, in seconds. Functions of tests, which are not in the catalogue, get it. */
const MAX_TIMEOUT_SECONDS = 900;
const catalogueTimeout = (name: string): number => functionsByName.get(name)?.timeoutSeconds ?? MAX_TIMEOUT_SECONDS;

/**
 * Starts Lambda on this machine: the Invoke API, and the workers, which are threads that run the functions. A worker starts at
 * the first invocation of its function. If the bundle has changed, the next invocation starts a worker with the new bundle; an
 * invocation that is running goes on in the old worker.
 */
export async function startLambda({
  bundles,
  environmentOf,
  log,
  timeoutSecondsOf = catalogueTimeout,
  ...options
}: LambdaOptions) {
  const runners = new LambdaRunners({ bundles, environmentOf, log, ...options });
  const running = new Set<Promise<InvocationResult>>();
  const has = (name: string) => runners.has(name);

  async function invoke(name: string, event: unknown): Promise<InvocationResult> {
    if (!has(name)) throw new Error(`There is no function ${name}.`);
    const result = runners.get(name).invoke(name, event, timeoutSecondsOf(name));
    running.add(result);
    return result.finally(() => running.delete(result));
  }

  const server = createServer((request, response) => {
    answerInvoke(request, response, { has, invoke }).catch(() => response.destroy());
  });
  const { url, stop: stopServer } = await listenOnLoopback(server);

  return {
    endpoint: url,
    has,
    invoke,
    /** Waits until no invocation runs. */
    async waitUntilIdle(): Promise<void> {
      while (running.size > 0) await Promise.allSettled(running);
    },
    /** Ends the workers that have run no invocation for `idleMs` milliseconds. */
    endIdle: (idleMs: number) => runners.endIdle(idleMs),
    /** How many workers there are, without those that have been replaced. */
    countWorkers: () => runners.size,
    async stop() {
      stopServer();
      await runners.stop();
    },
  };
}

/** Handles Lambda's Invoke: `POST /2015-03-31/functions/{name or ARN}/invocations`. */
async function answerInvoke(
  request: IncomingMessage,
  response: ServerResponse,
  { has, invoke }: Pick<Lambda, 'has' | 'invoke'>,
): Promise<void> {
  const functionId = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1];
  const name =
    decodeURIComponent(functionId ?? '')
      .split(':')
      .at(-1) ?? '';
  const body = (await buffer(request)).toString('utf8');
  if (!has(name)) return refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const event = parseJson(body === '' ? '{}' : body);
  if (!event) return refuse(response, 400, 'InvalidRequestContentException', 'The payload is not JSON.');
  const result = invoke(name, event.value);
  if (request.headers['x-amz-invocation-type'] === 'Event') {
    result.catch(() => undefined);
    response.writeHead(202).end();
    return;
  }
  const { payload, functionError } = await result;
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(functionError && { 'x-amz-function-error': functionError }),
  });
  response.end(JSON.stringify(payload));
}

/** Parses a text. @returns undefined if it is not JSON. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'x-amzn-errortype': type }).end(JSON.stringify({ Message: message }));
}
