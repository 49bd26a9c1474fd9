import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, type Server as HttpsServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { boundPort } from '../../../infra/local/loopback.ts';
import type { Resolver } from '../../../lib/notifications/public-address.ts';
import { CERTIFICATE, KEY } from './receiver-certificate.ts';

type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly raw: Buffer;
};

type Answer = (response: ServerResponse) => void;
const taken: Answer = (response) => void response.writeHead(204).end();

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();

/** Starts a member's own server on loopback. It gives the answers of a test, and records the requests. */
export async function startReceiver(cert = CERTIFICATE) {
  let answer = taken;
  const received: Received[] = [];
  let connections = 0;
  const server: HttpsServer = createServer({ cert, key: KEY }, async (request, response) => {
    const raw = await buffer(request);
    received.push({ path: request.url ?? '', headers: request.headers, body: raw.toString(), raw });
    answer(response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: boundPort(server),
    url: `https://hooks.example.com:${boundPort(server)}/hook?key=of-the-member`,
    ca: CERTIFICATE,
    received,
    connections: () => connections,
    answers(next: Answer = taken) {
      answer = next;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

const LOOPBACK = { address: '127.0.0.1', family: 4 };

/** Resolves every host to loopback, which counts as public. */
export const loopback: Resolver = { resolve: async () => [LOOPBACK], isPublic: () => true };
