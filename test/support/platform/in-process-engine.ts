import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';

/** Diagnostics channels that tell of the engine's requests, as Node's `http.client.…` tell of those over HTTP. */
export const ENGINE_REQUEST = { start: 'engine.request.start', finish: 'engine.request.finish' } as const;

const started = channel(ENGINE_REQUEST.start);
const finished = channel(ENGINE_REQUEST.finish);

/** The engine wants to see a signature, and checks none. */
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0',
  'x-amz-date': '20260101T000000Z',
};

/** An engine's server, and what gives it a request as its server would. */
export type Engine = { readonly server: Server; readonly emit: (request: object, response: object) => void };

type Request = { readonly method: string; readonly headers: Record<string, string>; readonly body?: unknown };
type Response = { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: Readable };

/**
 * A document client whose requests and answers pass to an engine's server as values: the same commands, expressions and
 * errors, without a socket and a signature.
 */
export const documentsIn = (engine: Engine): Documents =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({
      region: 'eu-west-1',
      endpoint: 'http://engine.local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      signer: { sign: async (request) => request },
      requestHandler: {
        handle: (request: Request) => handOver(engine, request),
        updateHttpClientConfig: () => undefined,
        httpHandlerConfigs: () => ({}),
      },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );

/** @throws like a connection that is refused, if the engine has been stopped. */
async function handOver({ server, emit }: Engine, { method, headers, body }: Request): Promise<{ response: Response }> {
  if (!server.listening) throw Object.assign(new Error('The engine is stopped.'), { code: 'ECONNREFUSED' });
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
      answered.resolve({ statusCode, headers: answer, body: Readable.from([Buffer.from(text)]) });
    },
  };
  emit(request, response);
  request.emit('data', bytesOf(body));
  request.emit('end');
  return { response: await answered.promise.finally(() => finished.publish({ request })) };
}

function bytesOf(body: unknown): Buffer {
  // The SDK's own kind of array warns about every other way to read it.
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(typeof body === 'string' ? body : '');
}
