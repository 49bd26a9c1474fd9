import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { SECOND } from '../../lib/platform/clock.ts';
import { type Certificate, followRenewals, readCertificate } from './certificate.ts';
import { apiUrl, createHostCheck } from './known-hosts.ts';
import { boundPort, type Loopback, listenForPages } from './loopback.ts';
import type { Reach } from './reach.ts';

export type ServerLimits = typeof LIMITS;

/** How much of the server all clients together, or each of them, may use. Times are in milliseconds. */
const LIMITS = {
  /** How many connections may be open at once. */
  connections: 512,
  /** How many requests a client may send over one connection. Then it has to open another. */
  requestsPerConnection: 1_000,
  /** How long a client may take to send a request's headers; also, how long a TLS handshake may take. */
  headersMs: 10 * SECOND,
  /** How long a client may take to send a whole request. */
  requestMs: 30 * SECOND,
  /** How long a connection may be idle. */
  idleMs: 75 * SECOND,
};

export type LimitedServerOptions = {
  /** The port; 0 means any free port. */
  readonly port: number;
  readonly reach: Reach;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** As in `KnownHostsOptions`. */
  readonly publicHost: () => string | undefined;
  readonly log: (line: string) => void;
};

/** @param isKnownHost whether the request's Host header names a known host (`createHostCheck`). */
type Listener = (request: IncomingMessage, response: ServerResponse, isKnownHost: boolean) => void;

/**
 * Starts a server that limits how much clients may use. The server speaks TLS if there is a certificate. Node closes a connection
 * whose request is not complete in time.
 */
export async function startLimitedServer(
  { port, reach, limits, publicHost, log }: LimitedServerOptions,
  listener: Listener,
): Promise<Loopback> {
  const certificate = reach.certificate && readCertificate(reach.certificate);
  const certificateNames = certificate?.names ?? [];
  const isKnownHost = createHostCheck({ reach, certificateNames, publicHost });
  const server = createLimitedServer({ ...LIMITS, ...limits }, certificate, (request, response) =>
    listener(request, response, isKnownHost(request.headers.host)),
  );
  const { stop } = await listenForPages(server, port, reach.host);
  // Only a TLS server has `setSecureContext`.
  const stopFollowing =
    reach.certificate && 'setSecureContext' in server && followRenewals(server, reach.certificate, log);
  return {
    url: apiUrl(reach, certificateNames, boundPort(server)),
    stop() {
      if (stopFollowing) stopFollowing();
      stop();
    },
  };
}

function createLimitedServer(
  limits: ServerLimits,
  certificate: Certificate | undefined,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const { headersMs: headersTimeout, requestMs: requestTimeout, idleMs: keepAliveTimeout } = limits;
  // How often Node looks for requests that take too long.
  const connectionsCheckingInterval = Math.min(headersTimeout, SECOND);
  const options = { headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval };
  const server = certificate
    ? createTlsServer({ ...options, ...certificate, handshakeTimeout: headersTimeout }, listener)
    : createServer(options, listener);
  limitConnections(server, limits);
  return server;
}

function limitConnections(server: Server, { connections, requestsPerConnection }: ServerLimits): void {
  server.maxConnections = connections;
  server.maxRequestsPerSocket = requestsPerConnection;
}
