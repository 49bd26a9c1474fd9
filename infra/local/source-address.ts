import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Reach } from './reach.ts';

/** The prefix of an IPv4 address on a socket that also accepts IPv6. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/**
 * Finds the address of a request's client: that of the socket, or, behind a trusted proxy, the one that the proxy saw. Each proxy
 * appends the address of its own client to `X-Forwarded-For`; what the header held before may be invented. So the header is read
 * from its end, and only as far as trusted proxies have written it.
 */
export function sourceAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  isTrustedProxy: Reach['isTrustedProxy'],
): string {
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
  let address = (socket.remoteAddress ?? '127.0.0.1').replace(MAPPED, '');
  while (isTrustedProxy(address)) {
    const before = forwarded.pop()?.trim().replace(MAPPED, '') ?? '';
    if (isIP(before) === 0) break;
    address = before;
  }
  return address;
}

/** The headers in which a proxy names the client that it asks for. */
const FORWARDING_HEADERS = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

/** Whether a proxy has passed the request on. */
export const isForwarded = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  FORWARDING_HEADERS.some((name) => headers[name] !== undefined);
