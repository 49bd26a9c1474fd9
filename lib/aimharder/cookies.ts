import type { Instant } from '../platform/clock.ts';

export type Cookie = { readonly name: string; readonly value: string };

/** The cookie of the login, on which every client of AimHarder relies (README, "Cookies"). */
export const SESSION_COOKIE = 'amhrdrauth';

/** The cookies that matter: the session's and the balancer's (README, "Cookies"). Room is made by removing others. */
const MATTERS = /^(?:amhrdrauth|PHPSESSID|AWSALB(?:CORS)?)$/;

/** The most cookies of a session, and the most bytes of them. Servers accept a header of 8 kB. */
const MAX_COOKIES = 30;
const MAX_BYTES = 8_000;

/** The largest cookie, in bytes, as in browsers (RFC 6265, "Limits"). */
const MAX_COOKIE_BYTES = 4_096;

/** The origin of `Set-Cookie` lines, as two host names. */
export type CookieSource = {
  /** The host that answered. */
  readonly host: string;
  /** The domain of the session cookies, to which all of AimHarder's hosts belong (`cookieDomainOf`). */
  readonly cookieDomain: string;
};

/**
 * Merges an answer's cookies into a session's. A cookie that the answer sets replaces the one of the same name; a cookie that
 * it deletes is removed; all others stay, because an answer may contain only some cookies (README, "Cookies").
 * The cookies are bounded: foreign cookies that were set longest ago make room, the session's and the balancer's stay.
 *
 * @param setCookies the answer's `Set-Cookie` lines.
 */
export function mergeCookies(
  have: readonly Cookie[],
  setCookies: readonly string[],
  now: Instant,
  source: CookieSource,
): readonly Cookie[] {
  const merged = new Map(have.map(({ name, value }) => [name, value]));
  for (const { name, value, domain, deletes } of setCookies.map((line) => decodeLine(line, now))) {
    if (name === '' || name.length + value.length > MAX_COOKIE_BYTES) continue;
    if (!isOurs({ name, domain, deletes }, source)) continue;
    if (deletes || !MATTERS.test(name)) merged.delete(name);
    if (!deletes) merged.set(name, value);
  }
  const cookies = [...merged].map(([name, value]) => ({ name, value }));
  for (;;) {
    const oldest = cookies.findIndex(({ name }) => !MATTERS.test(name));
    if (oldest < 0 || (cookies.length <= MAX_COOKIES && cookieHeader(cookies).length <= MAX_BYTES)) return cookies;
    cookies.splice(oldest, 1);
  }
}

/**
 * Decodes a `Set-Cookie` line (RFC 6265, "Set-Cookie"). The value is kept as it came. `name` is empty for a line without one.
 * `set-cookie-parser` would log rubbish that a server sends, and add 2.5 kB to the firing function.
 */
function decodeLine(line: string, now: Instant) {
  const [[name, value] = ['', ''], ...attributes] = line.split(';').map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()] as const;
  });
  const found = new Map(attributes.map(([key, text]) => [key.toLowerCase(), text]));
  const maxAge = found.get('max-age') ?? '';
  const expired = /^-?\d+$/.test(maxAge) ? Number(maxAge) <= 0 : Date.parse(found.get('expires') ?? '') <= now;
  return { name, value, domain: found.get('domain'), deletes: expired || value === '' };
}

/**
 * Checks whether a cookie belongs to the session: its domain has to cover the host that sets it, or `cookieDomain`.
 * A deletion of the login's cookie is ignored if it names no domain. On loopback every host counts as AimHarder's.
 */
function isOurs(
  { name, domain, deletes }: { readonly name: string; readonly domain: string | undefined; readonly deletes: boolean },
  { host, cookieDomain }: CookieSource,
): boolean {
  if (isLoopback(host)) return true;
  if (domain === undefined) return !(deletes && name === SESSION_COOKIE);
  const covered = domain.replace(/^\./, '').toLowerCase();
  return covers(covered, host) || covers(covered, cookieDomain);
}

const covers = (domain: string, host: string): boolean => host === domain || host.endsWith(`.${domain}`);

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

export const cookieHeader = (cookies: readonly Cookie[]): string =>
  cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
