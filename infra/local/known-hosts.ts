import { isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { Reach } from './reach.ts';

/** Hosts that stand for all addresses of a machine. */
const EVERY_ADDRESS = ['0.0.0.0', '::'];

export type KnownHostsOptions = {
  readonly reach: Reach;
  /** The host names of the API's certificate. */
  readonly certificateNames: readonly string[];
  /** Returns the host of `PUBLIC_URL`, with its port if it has one; undefined if `PUBLIC_URL` is not set. */
  readonly publicHost: () => string | undefined;
};

/**
 * Creates the check whether a request's Host header names a known host. A page of another site can make that site's name resolve
 * to this machine (DNS rebinding). The page's requests then arrive here, but with that name in the header. So only the names and
 * addresses of this machine, and the names that the operator has set, are known.
 */
export function createHostCheck({ reach, certificateNames, publicHost }: KnownHostsOptions) {
  const { host, isExposed } = reach;
  const fixed = new Set(['127.0.0.1', 'localhost', host.toLowerCase()]);
  const isOfThisMachine = (name: string) =>
    machineNames().includes(name) || machineAddresses().includes(name) || certificateNames.some(covers(name));
  return (header = ''): boolean => {
    if (header !== '' && header === publicHost()) return true;
    const name = readName(header);
    return name !== undefined && (fixed.has(name) || (isExposed && isOfThisMachine(name)));
  };
}

/**
 * Builds the URL of the API that people are shown. Its host is the certificate's first name without a wildcard, if there is one
 * and other machines can reach the API. Otherwise it is `HOST`, or an address in the local network if `HOST` stands for all
 * addresses.
 */
export function apiUrl(
  { host, isExposed, certificate }: Reach,
  certificateNames: readonly string[],
  port: number,
): string {
  const certified = certificateNames.find((name) => !name.startsWith('*'));
  const [address = '127.0.0.1'] = EVERY_ADDRESS.includes(host) ? machineAddresses() : [host];
  const name = isExposed && certified !== undefined ? certified : address;
  return `${certificate ? 'https' : 'http'}://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}

/** Reads the name in a Host header, without port and brackets. @returns undefined if the header is malformed. */
function readName(header: string): string | undefined {
  // In a Host header, brackets enclose an IPv6 address.
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([^\s:/?#@[\]]+))(?::\d+)?$/i.exec(header) ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

/** Creates a check whether a name of a certificate covers a host name. A wildcard stands for the part before the first dot. */
const covers = (name: string) => (certified: string) =>
  certified === name || (certified.startsWith('*.') && certified.slice(1) === name.slice(name.indexOf('.')));

function machineNames(): readonly string[] {
  const own = hostname().toLowerCase();
  // `.local` is the domain of multicast DNS (RFC 6762), by which phones find machines of the same network.
  return [own, `${own}.local`];
}

/** Lists this machine's addresses in its networks, IPv4 first. They may change while the service runs. */
function machineAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return all
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .toSorted((left, right) => Number(isIPv6(left)) - Number(isIPv6(right)));
}
