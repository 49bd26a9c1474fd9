import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All addresses of a host. @throws the resolver's error when there are none. */
type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export type Resolver = { readonly resolve: Resolve; readonly isPublic: (address: string) => boolean };

/** A name that leads to where webhooks must not go. The message does not tell where. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';

  constructor() {
    super('The host has an address that is not public.');
  }
}

/** Where the whole of the public IPv6 Internet is; what carries an IPv4 address inside lies elsewhere, or has a range of its own. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');

/**
 * Whether anybody on the Internet could reach this address. Only what is plainly so counts: neither private, loopback,
 * link-local, shared (RFC 6598) and reserved addresses, nor IPv6 that leads to an IPv4 address (mapped, 6to4, Teredo, NAT64).
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv6 ? !address.zoneId && address.match(GLOBAL_UNICAST, 3) : true;
}

export const systemResolver: Resolver = {
  resolve: (host) => lookup(host, { all: true }),
  isPublic: isPublicAddress,
};

/** @throws AddressRefused when one of a host's addresses is not public; the resolver's error when it has none. */
export async function publicAddresses(
  { resolve, isPublic }: Resolver,
  host: string,
): Promise<readonly LookupAddress[]> {
  const addresses = await resolve(host);
  if (addresses.length === 0 || !addresses.every(({ address }) => isPublic(address))) throw new AddressRefused();
  return addresses;
}

/**
 * Looks a host up for the very connection that is being made: it goes to an address that was checked, and a name that
 * leads elsewhere a moment later changes nothing.
 */
export const publicLookup =
  (resolver: Resolver): LookupFunction =>
  (host, { all }, callback) => {
    publicAddresses(resolver, host).then(
      (found) => {
        const [first] = found;
        if (all || !first) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
