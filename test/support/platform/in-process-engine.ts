import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Diagnostics channels for the engine's requests, like Node's `http.client.…` for those over HTTP. */
export const ENGINE_REQUEST = { start: 'engine.request.start', finish: 'engine.request.finish' } as const;

const started = channel(ENGINE_REQUEST.start);
const finished = channel(ENGINE_REQUEST.finish);

/** A signature, which the engine requires but does not check. */
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0',
  'x-amz-date': '20260101T000000Z',
};

/** An engine's server. @property emit passes a request to the engine. */
export type Engine = { readonly server: Server; readonly emit: (request: object, response: object) => void };

type Request = { readonly method: string; readonly headers: Record<string, string>; readonly body?: unknown };
type Response = { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: Uint8Array };

/** Steps of the SDK that mean nothing without a network: each takes time, together most of a request's. */
const NETWORK_STEPS = [
  ...['loggerMiddleware', 'contentLengthMiddleware', 'getUserAgentMiddleware', 'hostHeaderMiddleware'],
  ...['recursionDetectionMiddleware', 'retryMiddleware', 'httpSigningMiddleware'],
];

/** Creates a client that calls an engine in this process: the same commands, answers and errors, without socket and signature. */
export function clientIn(engine: Engine): DynamoDBClient {
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: 'http://engine.local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: {
      handle: (request: Request) => handOver(engine, request),
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    },
  });
  for (const step of NETWORK_STEPS)
    if (!client.middlewareStack.remove(step)) throw new Error(`The SDK has no step ${step}.`);
  return client;
}

/** Passes a request to the engine. @throws the error of a refused connection if the engine has been stopped. */
async function handOver({ server, emit }: Engine, { method, headers, body }: Request): Promise<{ response: Response }> {
  if (!server.listening)
    throw Object.assign(new Error('The engine is stopped.'), { code: 'ECONNREFUSED', $metadata: {} });
  const answered = Promise.withResolvers<Response>();
  const request = Object.assign(new EventEmitter(), { method, url: '/', headers: { ...headers, ...SIGNED } });
  started.publish({ request });
  const answer: Record<string, string> = {};
  const response = {
    statusCode: 200,
    setHeader(name: string, value: unknown) {
      answer[name.toLowerCase()] = String(value);
    },
    end(text = '') {
      const { statusCode } = this;
      answered.resolve({ statusCode, headers: answer, body: new TextEncoder().encode(text) });
    },
  };
  emit(request, response);
  request.emit('data', bytesOf(body));
  request.emit('end');
  return { response: await answered.promise.finally(() => finished.publish({ request })) };
}

function bytesOf(body: unknown): Buffer {
  // The SDK's own array type warns if it is read in any other way.
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(typeof body === 'string' ? body : '');
}
