import { describe, expect, test } from 'vitest';
import { AddressNotPublic, isPublicAddress, resolvePublic } from '../../lib/notifications/public-address.ts';
import { isReceiverUrl } from '../../lib/notifications/receiver-url.ts';

test.each([
  ['8.8.8.8'],
  ['93.184.215.14'],
  ['172.15.255.255'],
  ['172.32.0.1'],
  ['100.63.255.255'],
  ['100.128.0.1'],
  ['2606:4700:4700::1111'],
  ['2a00:1450:4003:80f::200e'],
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ['loopback', '127.0.0.1'],
  ['all of loopback', '127.255.255.254'],
  ['this host', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['private, 10/8', '10.0.0.1'],
  ['private, 172.16/12', '172.16.0.1'],
  ['its end', '172.31.255.255'],
  ['private, 192.168/16', '192.168.1.1'],
  ['link-local', '169.254.0.1'],
  ['the metadata of EC2', '169.254.169.254'],
  ['the credentials of ECS', '169.254.170.2'],
  ['shared by carriers', '100.64.0.1'],
  ['its end', '100.127.255.255'],
  ['the metadata of another cloud', '100.100.100.200'],
  ['protocol assignments', '192.0.0.1'],
  ['documentation', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['benchmarks', '198.18.0.1'],
  ['relays of 6to4', '192.88.99.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['loopback, IPv6', '::1'],
  ['unspecified, IPv6', '::'],
  ['link-local, IPv6', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%eth0'],
  ['public with a zone', '2606:4700:4700::1111%eth0'],
  ['site-local', 'fec0::1'],
  ['unique local', 'fc00::1'],
  ['unique local', 'fd12:3456:789a::1'],
  ['the metadata of EC2, IPv6', 'fd00:ec2::254'],
  ['multicast, IPv6', 'ff02::1'],
  ['loopback, mapped', '::ffff:127.0.0.1'],
  ['loopback, mapped, in hexadecimal', '::ffff:7f00:1'],
  ['the metadata of EC2, mapped', '::ffff:169.254.169.254'],
  ['a public address, mapped', '::ffff:8.8.8.8'],
  ['loopback, IPv4-compatible', '::127.0.0.1'],
  ['loopback, translated', '::ffff:0:127.0.0.1'],
  ['private, by 6to4', '2002:c0a8:0101::1'],
  ['by Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['private, by NAT64', '64:ff9b::10.0.0.1'],
  ['private, by local NAT64', '64:ff9b:1::10.0.0.1'],
  ['discarded', '100::1'],
  ['documentation, IPv6', '2001:db8::1'],
  ['documentation, IPv6', '3fff::1'],
  ['segment routing', '5f00::1'],
  ['not assigned', '4000::1'],
  ['no address', 'localhost'],
  ['nothing', ''],
])('%s (%s) is not', (_name, address) => {
  expect(isPublicAddress(address)).toBe(false);
});

describe('a host name', () => {
  const answers = (...addresses: readonly string[]) => ({
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    isPublic: isPublicAddress,
  });

  test('all addresses must be public', async () => {
    const both = answers('8.8.8.8', '2606:4700:4700::1111');

    expect(await resolvePublic(both, 'hooks.example.com')).toHaveLength(2);
    for (const one of [answers('8.8.8.8', '127.0.0.1'), answers('::1', '8.8.8.8'), answers()])
      await expect(resolvePublic(one, 'hooks.example.com')).rejects.toThrow(AddressNotPublic);
  });
});

test.each([
  ['https://hooks.example.com/a?b=c'],
  ['https://hooks.example.com:443/'],
  ['https://hooks.example.com:8443/'],
])('a webhook may be at %s', (url) => {
  expect(isReceiverUrl(url)).toBe(true);
});

test.each([
  ['http://hooks.example.com/'],
  ['ftp://hooks.example.com/'],
  ['https://hooks.example.com:22/'],
  ['https://hooks.example.com:8080/'],
  ['https://user@hooks.example.com/'],
  ['https://user:secret@hooks.example.com/'],
  ['https://127.0.0.1/'],
  ['https://8.8.8.8/'],
  ['https://127.1/'],
  ['https://0x7f.1/'],
  ['https://0177.0.0.1/'],
  ['https://2130706433/'],
  ['https://１２７.0.0.1/'],
  ['https://[::1]/'],
  ['https://[::ffff:169.254.169.254]/'],
  ['https://[2606:4700:4700::1111]/'],
  ['hooks.example.com'],
  [''],
])('a webhook cannot be at %s', (url) => {
  expect(isReceiverUrl(url)).toBe(false);
});
