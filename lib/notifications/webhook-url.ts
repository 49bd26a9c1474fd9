import { isIP } from 'node:net';

/** The ports of HTTPS. Any other port would let a member probe other people's services through a webhook. */
const PORTS = ['', '8443'];

/** What a problem says that it expected in place of an unsuitable URL. */
export const WEBHOOK_URL_EXPECTED = 'an https URL with a host name, on port 443 or 8443, without user and password';

export const LONGEST_URL = 2_000;

/**
 * Tells from its form whether a URL may be a webhook. An IP address may not, because only the addresses that a host name
 * leads to are checked.
 */
export function isWebhookUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || !PORTS.includes(url.port)) return false;
  return url.username === '' && url.password === '' && !isAddress(url.hostname);
}

/** Expects a host name from `URL`, which has normalized every spelling of an address (`0x7f.1`, `2130706433`). */
export const isAddress = (hostname: string): boolean => isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
