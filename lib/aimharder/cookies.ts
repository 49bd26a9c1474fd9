import type { Instant } from '../platform/clock.ts';

export type Cookie = { readonly name: string; readonly value: string };

/** The cookie of the login, on which every client of AimHarder relies (README, "Cookies"). */
export const SESSION_COOKIE = 'amhrdrauth';

/** Matches the cookies of the session and the balancer, which are never removed to save space (README, "Cookies"). */
const ESSENTIAL = /^(?:amhrdrauth|PHPSESSID|AWSALB(?:CORS)?)$/;

/** The most cookies of a session. */
const MAX_COOKIES = 30;

/** The longest `Cookie` header, in bytes. Servers accept a header of 8 kB. */
const MAX_HEADER_BYTES = 8_000;

/** The largest name and value of a cookie together, in bytes, as in browsers (RFC 6265, "Limits"). */
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
 *
 * @param setCookies the answer's `Set-Cookie` lines.
 * @returns the cookies, within the limits of number and size. Those that are not essential are in the order in which they were
 *   last set.
 */
export function mergeCookies(
  current: readonly Cookie[],
  setCookies: readonly string[],
  now: Instant,
  source: CookieSource,
): readonly Cookie[] {
  const merged = new Map(current.map(({ name, value }) => [name, value]));
  for (const { name, value, domain, deletes } of setCookies.map((line) => decodeLine(line, now))) {
    if (name === '' || name.length + value.length > MAX_COOKIE_BYTES) continue;
    if (!isAccepted({ name, domain, deletes }, source)) continue;
    // If a cookie that is not essential is set again, it moves to the end of the map, because the oldest are removed first.
    if (deletes || !ESSENTIAL.test(name)) merged.delete(name);
    if (!deletes) merged.set(name, value);
  }
  return withinLimits([...merged].map(([name, value]) => ({ name, value })));
}

/** Leaves out the oldest cookies that are not essential, until the others are within the limits. */
function withinLimits(cookies: readonly Cookie[]): readonly Cookie[] {
  const kept = [...cookies];
  while (kept.length > MAX_COOKIES || cookieHeader(kept).length > MAX_HEADER_BYTES) {
    const oldest = kept.findIndex(({ name }) => !ESSENTIAL.test(name));
    if (oldest < 0) break;
    kept.splice(oldest, 1);
  }
  return kept;
}

/**
 * Decodes a `Set-Cookie` line (RFC 6265, "Set-Cookie"). The value is kept as it came. `name` is empty for a line without a name.
 * `deletes`: the cookie has expired, or its value is empty.
 * The package `set-cookie-parser` would log malformed lines, and add 2.5 kB to the firing function.
 */
function decodeLine(line: string, now: Instant) {
  const [[name, value] = ['', ''], ...attributes] = line.split(';').map((part) => {
    const equals = part.indexOf('=');
    return [part.slice(0, Math.max(0, equals)).trim(), part.slice(equals + 1).trim()] as const;
  });
  const byName = new Map(attributes.map(([key, text]) => [key.toLowerCase(), text]));
  const maxAge = byName.get('max-age') ?? '';
  const isExpired = /^-?\d+$/.test(maxAge) ? Number(maxAge) <= 0 : Date.parse(byName.get('expires') ?? '') <= now;
  return { name, value, domain: byName.get('domain'), deletes: isExpired || value === '' };
}

/**
 * Checks whether the session accepts a cookie: the cookie's domain has to cover the host that sets it, or `cookieDomain`.
 * A line that deletes the login's cookie is ignored if it names no domain, because the login's cookie has a domain. If the host
 * is loopback, as the simulator's is, every cookie is accepted.
 */
function isAccepted(
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
