import { parseSetCookie } from 'set-cookie-parser';
import type { Instant } from '../platform/clock.ts';

export type Cookie = { readonly name: string; readonly value: string };

/** The one cookie every client of AimHarder relies on. */
export const SESSION_COOKIE = 'amhrdrauth';

/** Where `Set-Cookie` lines come from. Both are host names. */
export type CookieSource = {
  /** Who answered. */
  readonly host: string;
  /** The domain that AimHarder's sessions live on, as configured. */
  readonly parent: string;
};

/**
 * The cookies after an answer: those it sets replace those of the same name, those it deletes go, all others stay.
 * AimHarder may send back only some of them (README, "Cookies"), so the set is never replaced as a whole.
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
  for (const { name, value, maxAge, expires, domain } of parseSetCookie([...setCookies], { decodeValues: false })) {
    if (name === '') continue;
    const expired = maxAge !== undefined ? maxAge <= 0 : expires !== undefined && expires.getTime() <= now;
    const deletes = expired || value === '';
    if (!isOurs({ name, domain, deletes }, source)) continue;
    if (deletes) merged.delete(name);
    else merged.set(name, value);
  }
  return [...merged].map(([name, value]) => ({ name, value }));
}

/**
 * Whether a cookie is one of the session's, which all belong to one parent domain: that of the host that sets it, or the
 * configured one. A host cannot delete the session's cookie for itself alone. On this machine every host is AimHarder's.
 */
function isOurs(
  { name, domain, deletes }: { readonly name: string; readonly domain: string | undefined; readonly deletes: boolean },
  { host, parent }: CookieSource,
): boolean {
  if (isLoopback(host)) return true;
  if (domain === undefined) return !(deletes && name === SESSION_COOKIE);
  const covered = domain.replace(/^\./, '').toLowerCase();
  return covers(covered, host) || covers(covered, parent);
}

const covers = (domain: string, host: string): boolean => host === domain || host.endsWith(`.${domain}`);

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

export const cookieHeader = (cookies: readonly Cookie[]): string =>
  cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
