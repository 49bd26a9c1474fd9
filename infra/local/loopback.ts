import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE } from '../../lib/platform/clock.ts';

/** A running server, which by default only processes of this machine can reach. */
export type Loopback = {
  readonly url: string;
  /** Stops listening, and closes all open connections. */
  stop(): void;
};

/**
 * How long a service on this machine keeps an idle connection, in milliseconds. If a client sends a request while the server
 * closes the connection, the client gets no answer. With Node's default of 5 s, that is likely on a busy machine.
 */
export const IDLE_TIMEOUT = 10 * MINUTE;

/**
 * Makes a server listen on the loopback address, and answer only programs of this machine. A web page in a browser of this
 * machine gets 403. Port 0 means any free port.
 */
export async function listenOnLoopback(server: Server, port = 0): Promise<Loopback> {
  server.keepAliveTimeout = IDLE_TIMEOUT;
  for (const listener of takeListeners(server)) server.on('request', refusePages(listener));
  return listenForPages(server, port);
}

/**
 * Makes a server listen, on the loopback address by default. Requests of web pages reach the server's listener too, which may
 * refuse them.
 */
export async function listenForPages(server: Server, port: number, host = '127.0.0.1'): Promise<Loopback> {
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${boundPort(server)}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Returns the port of a listening server. @throws Error if it does not listen on a port. */
export function boundPort(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port.');
  return address.port;
}

/** Removes the listeners for a server's requests, and returns them. */
function takeListeners(server: Server): readonly RequestListener[] {
  const listeners = server.listeners('request').map(
    (listener): RequestListener =>
      (request, response) =>
        void listener(request, response),
  );
  server.removeAllListeners('request');
  return listeners;
}

/** Whether a host name or address in a setting stands for the loopback interface. */
export const isLoopbackHost = (host: string): boolean => /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/i.test(host);

/** Wraps a listener: it gets only requests that name this machine and come from no web page. All others are answered with 403. */
export function refusePages(listener: RequestListener): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    if (isToThisMachine(request) && !isFromPage(request)) listener(request, response);
    else response.writeHead(403, { connection: 'close' }).end('This port is closed to web pages.\n');
  };
}

/**
 * Whether a request names this machine as its host. A page of another site can make that site's name resolve to 127.0.0.1 (DNS
 * rebinding). The browser then sends that name, and lets the page read the answer as one of its own site.
 */
const isToThisMachine = ({ headers: { host = '' } }: Pick<IncomingMessage, 'headers'>): boolean =>
  /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i.test(host);

/** Whether a browser says that a page sent the request. `sec-fetch-site` is `none` if a person has typed the address. */
const isFromPage = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers.origin !== undefined || !['none', undefined].includes(firstValue(headers['sec-fetch-site']));

const firstValue = (value: string | readonly string[] | undefined): string | undefined =>
  value === undefined || typeof value === 'string' ? value : value[0];
