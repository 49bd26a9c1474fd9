import { once } from 'node:events';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { boundPort } from '../../../infra/local/loopback.ts';

/** What a hostile server does once it has received a request. `sent` is called for each piece of an answer without end. */
export type Act = (socket: Socket, sent: () => void) => void | Promise<void>;

export type HostileOptions = {
  /** The certificate of a server that talks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Acts as soon as somebody connects, before any request. */
  readonly onConnect?: Act;
};

/** After so many pieces of an answer without end, the server has shown its worst, and the client's deadline may pass. */
const WORST = 40;

/**
 * A server on raw sockets that may answer a request with anything. It reads the request whole, so that the request was sent
 * for certain, and then acts.
 */
export async function startHostileServer({ tls, onConnect }: HostileOptions = {}) {
  let act: Act = () => undefined;
  let requests = 0;
  let pieces = 0;
  let worst = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const sent = () => {
    pieces += 1;
    if (pieces === WORST) worst.resolve();
  };
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    void onConnect?.(socket, sent);
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      if (!isWhole(received)) return;
      received = '';
      requests += 1;
      void act(socket, sent);
    });
  };
  const server: Server = tls ? createTlsServer(tls, serve) : createPlainServer(serve);
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: boundPort(server),
    /** How many requests came whole. */
    requests: () => requests,
    /** Acts so from now on. */
    does(next: Act) {
      act = next;
      requests = 0;
      pieces = 0;
      worst = Promise.withResolvers();
    },
    /** Resolves once an answer without end has gone on for some time. */
    worst: () => worst.promise,
    /** Resolves once a request has come whole. */
    async received() {
      while (requests === 0) await new Promise((resolve) => setImmediate(resolve));
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export type HostileServer = Awaited<ReturnType<typeof startHostileServer>>;

/** Whether a request has come with its whole body. */
function isWhole(received: string): boolean {
  const [head, ...body] = received.split('\r\n\r\n');
  if (head === undefined || body.length === 0) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  return body.join('\r\n\r\n').length >= length;
}
