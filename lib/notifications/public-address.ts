import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Looks up all addresses of a host. @returns none, or throws the resolver's error, if the host has no address. */
type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export type Resolver = { readonly resolve: Resolve; readonly isPublic: (address: string) => boolean };

/** A host has no address, or one to which nothing may be sent. The message is the same for both, and names no address. */
export class AddressNotPublic extends Error {
  override readonly name = 'AddressNotPublic';

  constructor() {
    super('The host has an address that is not public.');
  }
}

/**
 * The range of all public IPv6 addresses. Most addresses that contain an IPv4 address are outside this range. For those inside it
 * (6to4, Teredo), `range()` returns another name than `unicast`.
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Checks whether an address is on the public Internet. Private, loopback, link-local, shared (RFC 6598) and reserved
 * addresses are not, nor are IPv6 addresses that lead to an IPv4 address (mapped, 6to4, Teredo, NAT64).
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  // An IPv6 address with a zone (`%eth0`) leads to a network of this machine.
  return address instanceof ipaddr.IPv6 ? !address.zoneId && address.match(GLOBAL_UNICAST) : true;
}

export const systemResolver: Resolver = {
  resolve: (host) => lookup(host, { all: true }),
  isPublic: isPublicAddress,
};

/**
 * Looks up a host and checks all its addresses.
 *
 * @throws AddressNotPublic if an address is not public, or the resolver returns none; the resolver's error if it throws.
 */
export async function resolvePublic({ resolve, isPublic }: Resolver, host: string): Promise<readonly LookupAddress[]> {
  const addresses = await resolve(host);
  if (addresses.length === 0 || !addresses.every(({ address }) => isPublic(address))) throw new AddressNotPublic();
  return addresses;
}

/**
 * Creates the lookup function of a connection. The connection uses the addresses that were checked, so a name that resolves to
 * another address a moment later does no harm (DNS rebinding).
 */
export const publicLookup =
  (resolver: Resolver): LookupFunction =>
  (host, { all }, callback) => {
    resolvePublic(resolver, host).then(
      (found) => {
        const [first] = found;
        if (all || !first) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
