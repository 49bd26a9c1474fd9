import { existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { functionsByName } from '../catalog/functions.ts';
import { type InvocationResult, LambdaRunner } from './lambda-runner.ts';
import { listenOnLoopback } from './loopback.ts';
import type { MovableClock } from './movable-clock.ts';

export type Lambda = Awaited<ReturnType<typeof startLambda>>;

export type LambdaOptions = {
  /** A folder with `<name>/index.cjs` for each function (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  /** Builds the environment of a function. The function gets no other variable. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /** Called with every line that a function writes. */
  readonly log: (line: string) => void;
  /** Returns a function's time limit; by default the catalogue's. */
  readonly timeoutSecondsOf?: (name: string) => number;
  /** For tests: the clock that the functions read. */
  readonly clock?: MovableClock | undefined;
};

/** Lambda's longest time limit, for functions of tests that are not in the catalogue. */
const MAX_TIMEOUT_SECONDS = 900;
const catalogueTimeout = (name: string): number => functionsByName.get(name)?.timeoutSeconds ?? MAX_TIMEOUT_SECONDS;

/**
 * Starts Lambda on this machine: the Invoke API, and one worker thread per function, which starts at the first invocation.
 * If a bundle has changed, the next invocation starts a worker with the new bundle. Running invocations end on the old one.
 */
export async function startLambda({
  bundles,
  environmentOf,
  log,
  timeoutSecondsOf = catalogueTimeout,
  clock,
}: LambdaOptions) {
  const runners = new Map<string, { readonly runner: LambdaRunner; readonly version: string }>();
  const retired = new Set<LambdaRunner>();
  const running = new Set<Promise<InvocationResult>>();
  const bundleOf = (name: string) => join(bundles, name, 'index.cjs');
  const has = (name: string) => /^[a-z][a-z-]*$/.test(name) && existsSync(bundleOf(name));

  async function invoke(name: string, event: unknown): Promise<InvocationResult> {
    if (!has(name)) throw new Error(`There is no function ${name}.`);
    const bundle = bundleOf(name);
    const version = versionOf(bundle);
    const current = runners.get(name);
    let runner = current?.runner;
    if (current?.version !== version) runner?.retire();
    if (!runner?.isUsable) {
      if (runner) retired.add(runner);
      runner = new LambdaRunner({ name, bundle, environment: environmentOf(name), log, clock });
      runners.set(name, { runner, version });
    }
    const result = runner.invoke(event, timeoutSecondsOf(name));
    running.add(result);
    return result.finally(() => running.delete(result));
  }

  const server = createServer((request, response) => {
    answerInvoke(request, response, { has, invoke }).catch(() => response.destroy());
  });
  const { url, stop } = await listenOnLoopback(server);

  return {
    endpoint: url,
    has,
    invoke,
    /** Waits until no invocation runs. */
    async waitUntilIdle(): Promise<void> {
      while (running.size > 0) await Promise.allSettled(running);
    },
    async stop() {
      stop();
      await Promise.all(
        [...[...runners.values()].map(({ runner }) => runner), ...retired].map((runner) => runner.stop()),
      );
    },
  };
}

/** Returns a text that changes when the file is written or replaced. */
function versionOf(file: string): string {
  const { ino, mtimeMs } = statSync(file);
  return `${ino} ${mtimeMs}`;
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
