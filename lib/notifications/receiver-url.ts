import { isIP } from 'node:net';

/** The allowed ports; '' is 443. If others were allowed, a member could use a receiver to probe other people's services. */
const PORTS = ['', '8443'];

/** Describes an acceptable URL in an error message. */
export const RECEIVER_URL_EXPECTED = 'an https URL with a host name, on port 443 or 8443, without user and password';

/** In characters. */
export const MAX_URL_LENGTH = 2_000;

/**
 * Checks the form of a receiver's URL. An IP address is refused, because only the addresses of host names are checked before
 * a connection.
 */
export function isReceiverUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || !PORTS.includes(url.port)) return false;
  return url.username === '' && url.password === '' && !isIpAddress(url.hostname);
}

/**
 * Checks whether a host name is an IP address.
 *
 * @param hostname from `URL`, which puts IPv6 addresses in brackets and writes `0x7f.1` and `2130706433` as `127.0.0.1`.
 */
export const isIpAddress = (hostname: string): boolean => isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;

/**
 * Parses `NOTIFY_PRIVATE_HOSTS`: hosts with their ports, separated by commas. They are in the private network of an installation at
 * home. A member's ntfy server may be one of them, even without TLS.
 */
export const parsePrivateHosts = (text: string | undefined): ReadonlySet<string> =>
  new Set(
    (text ?? '')
      .split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== ''),
  );
