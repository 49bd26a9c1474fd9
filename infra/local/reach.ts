import { BlockList, isIP } from 'node:net';
import { allowedEmailsFrom } from '../../lib/login/allowed-emails.ts';
import type { Environment } from '../../lib/platform/environment.ts';
import type { CertificateFiles } from './certificate.ts';
import { isLoopbackHost } from './loopback.ts';
import { WrongSetting } from './wrong-setting.ts';

/** How clients reach the API. */
export type Reach = {
  /** The address or name that the API listens on. */
  readonly host: string;
  /** Whether other machines can reach the API, because it listens beyond loopback or is behind a proxy. */
  readonly isExposed: boolean;
  /** The certificate of the API; without it, clients use plain HTTP. */
  readonly certificate?: CertificateFiles;
  /** Whether a proxy of the operator has this address. */
  readonly isTrustedProxy: (address: string) => boolean;
};

const LOOPBACK = '127.0.0.1';

/** The reach without any setting: only programs and browsers of this machine can reach the API. */
export const THIS_MACHINE: Reach = { host: LOOPBACK, isExposed: false, isTrustedProxy: () => false };

/**
 * Reads `HOST`, `TLS_CERT`, `TLS_KEY` and `TRUSTED_PROXY`.
 *
 * @throws WrongSetting if a setting is malformed, or if other machines could reach the API and `ALLOWED_EMAILS` does not limit who
 *   may log in.
 */
export function readReach(environment: Environment): Reach {
  const { HOST: host = '', TRUSTED_PROXY: proxies = '' } = environment;
  const certificate = readCertificateFiles(environment);
  const exposedBy = findExposure(host, proxies);
  if (exposedBy !== undefined && invitesEverybody(environment))
    throw new WrongSetting(
      `With ${exposedBy.name}=${exposedBy.value} other machines can reach this service, and anybody could log in. Set ALLOWED_EMAILS to those who may, such as ALLOWED_EMAILS=you@example.com, or do not set ${exposedBy.name}.`,
    );
  return {
    host: host || LOOPBACK,
    isExposed: exposedBy !== undefined,
    ...(certificate && { certificate }),
    isTrustedProxy: parseProxies(proxies),
  };
}

type Setting = { readonly name: string; readonly value: string };

/** Finds the setting that lets other machines reach the API. @returns undefined if there is none. */
function findExposure(host: string, proxies: string): Setting | undefined {
  if (host !== '' && !isLoopbackHost(host)) return { name: 'HOST', value: host };
  return proxies === '' ? undefined : { name: 'TRUSTED_PROXY', value: proxies };
}

function invitesEverybody(environment: Environment): boolean {
  try {
    // Nobody has this address, so it is invited only if everybody is.
    return allowedEmailsFrom(environment)('nobody@nowhere.invalid');
  } catch (error) {
    throw new WrongSetting(error instanceof Error ? error.message : 'ALLOWED_EMAILS cannot be read.');
  }
}

function readCertificateFiles({ TLS_CERT, TLS_KEY }: Environment): CertificateFiles | undefined {
  if (!TLS_CERT && !TLS_KEY) return undefined;
  if (!TLS_KEY) throw new WrongSetting('Set TLS_KEY too: the file with the private key of TLS_CERT.');
  if (!TLS_CERT) throw new WrongSetting('Set TLS_CERT too: the file with the certificate of TLS_KEY.');
  return { cert: TLS_CERT, key: TLS_KEY };
}

/** Parses addresses and networks such as `192.168.1.0/24`, separated by commas. @throws WrongSetting for anything else. */
function parseProxies(text: string): Reach['isTrustedProxy'] {
  const list = new BlockList();
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [address = '', prefix] = entry.split('/');
    try {
      if (prefix === undefined) list.addAddress(address, familyOf(address));
      // For a prefix that is no number, NaN makes `addSubnet` throw.
      else list.addSubnet(address, /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN, familyOf(address));
    } catch {
      throw new WrongSetting(`TRUSTED_PROXY must be addresses or networks such as 192.168.1.0/24, not ${entry}.`);
    }
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
