import { existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { functionsByName } from '../catalog/functions.ts';
import { type Invoked, LambdaRunner } from './lambda-runner.ts';
import { listenOnLoopback } from './loopback.ts';
import type { MovableClock } from './movable-clock.ts';

export type Lambda = Awaited<ReturnType<typeof startLambda>>;

export type LambdaOptions = {
  /** A folder with `<name>/index.cjs` for each function (infra/bundle/bundle-functions.ts). */
  readonly bundles: string;
  /** Returns the environment of a function. It gets no other variable. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /** Called with every line that a function writes. */
  readonly log: (line: string) => void;
  readonly timeoutSecondsOf?: (name: string) => number;
  /** For tests: the clock that the functions read. */
  readonly clock?: MovableClock | undefined;
};

const MAX_TIMEOUT_SECONDS = 900;
const timeoutOf = (name: string): number => functionsByName.get(name)?.timeoutSeconds ?? MAX_TIMEOUT_SECONDS;

/**
 * Starts Lambda on this machine: one worker thread per function, started at its first invocation, and the Invoke API. The
 * next invocation of a function whose bundle has changed starts the new bundle; those that run end on the old one.
 */
export async function startLambda({ bundles, environmentOf, log, timeoutSecondsOf = timeoutOf, clock }: LambdaOptions) {
  const runners = new Map<string, { readonly runner: LambdaRunner; readonly version: string }>();
  const retired = new Set<LambdaRunner>();
  const running = new Set<Promise<Invoked>>();
  const bundleOf = (name: string) => join(bundles, name, 'index.cjs');
  const has = (name: string) => /^[a-z][a-z-]*$/.test(name) && existsSync(bundleOf(name));

  async function invoke(name: string, event: unknown): Promise<Invoked> {
    if (!has(name)) throw new Error(`There is no function ${name}.`);
    const bundle = bundleOf(name);
    const version = versionOf(bundle);
    const known = runners.get(name);
    let runner = known?.runner;
    if (known?.version !== version) runner?.retire();
    if (!runner?.isUsable) {
      if (runner) retired.add(runner);
      runner = new LambdaRunner({ name, bundle, environment: environmentOf(name), log, clock });
      runners.set(name, { runner, version });
    }
    const invoked = runner.invoke(event, timeoutSecondsOf(name));
    running.add(invoked);
    return invoked.finally(() => running.delete(invoked));
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
    async idle(): Promise<void> {
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

/** Names what the file holds now: a file that is written or replaced gets another name. */
function versionOf(file: string): string {
  const { ino, mtimeMs } = statSync(file);
  return `${ino} ${mtimeMs}`;
}

/** Answers Lambda's Invoke: `POST /2015-03-31/functions/{name or ARN}/invocations`. */
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
