import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Reach } from './reach.ts';

/** The prefix that a socket for both IPv4 and IPv6 gives to an IPv4 address. */
const IPV4_PREFIX = /^::ffff:(?=\d+\.)/i;

/**
 * Finds the address of a request's client. Without a trusted proxy, that is the socket's address. A trusted proxy appends the
 * address of its own client to `X-Forwarded-For`, but the client may have invented the addresses before it. So the header is read
 * from its end, and only as far as trusted proxies have written it.
 */
export function sourceAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  isTrustedProxy: Reach['isTrustedProxy'],
): string {
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
  let address = (socket.remoteAddress ?? '127.0.0.1').replace(IPV4_PREFIX, '');
  while (isTrustedProxy(address)) {
    const appendedByProxy = forwarded.pop()?.trim().replace(IPV4_PREFIX, '') ?? '';
    if (isIP(appendedByProxy) === 0) break;
    address = appendedByProxy;
  }
  return address;
}

/** The headers in which a proxy names its client, itself, or the host that its client asked for. */
const FORWARDING_HEADERS = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

/** Checks whether a proxy has passed the request on. */
export const isForwarded = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  FORWARDING_HEADERS.some((name) => headers[name] !== undefined);
