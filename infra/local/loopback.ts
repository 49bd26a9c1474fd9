import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE } from '../../lib/platform/clock.ts';

/** A server that only processes of this machine can reach. */
export type Loopback = {
  readonly url: string;
  /** Stops listening, and closes all open connections. */
  stop(): void;
};

/**
 * How long a server on this machine keeps an idle connection, in milliseconds. A client that sends into a connection which the
 * server is just closing gets no answer; Node's default of 5 s makes that likely on a machine that is busy.
 */
export const KEEPS_IDLE = 10 * MINUTE;

/** Makes a server listen on the loopback address. Port 0 means any free port. */
export async function listenOnLoopback(server: Server, port = 0): Promise<Loopback> {
  server.keepAliveTimeout = KEEPS_IDLE;
  server.listen(port, '127.0.0.1');
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
