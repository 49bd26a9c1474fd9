import { isIP } from 'node:net';

/** HTTPS's own ports: with any other, a webhook would be a way to knock at the services of others. */
const PORTS = ['', '8443'];

export const A_WEBHOOK_URL = 'an https URL with a host name, on port 443 or 8443, without user and password';

export const LONGEST_URL = 2_000;

/** Whether a webhook may be there, by its form alone. An address instead of a name would never be looked up, nor checked. */
export function isWebhookUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || !PORTS.includes(url.port)) return false;
  return url.username === '' && url.password === '' && !isAddress(url.hostname);
}

/** `URL` has put every spelling of an address (`0x7f.1`, `2130706433`) into its usual form. */
export const isAddress = (hostname: string): boolean => isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
