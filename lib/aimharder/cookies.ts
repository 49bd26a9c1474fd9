import { parseSetCookie } from 'set-cookie-parser';
import type { Instant } from '../platform/clock.ts';

export type Cookie = { readonly name: string; readonly value: string };

/** The one cookie every client of AimHarder relies on. */
export const SESSION_COOKIE = 'amhrdrauth';

/**
 * The cookies after an answer: those it sets replace those of the same name, those it deletes go, all others stay.
 * AimHarder may send back only some of them (protocol b.2), so the set is never replaced as a whole. Domain and path are
 * not looked at: a session's cookies all belong to one parent domain.
 *
 * @param setCookies the answer's `Set-Cookie` lines.
 */
export function mergeCookies(have: readonly Cookie[], setCookies: readonly string[], now: Instant): readonly Cookie[] {
  const merged = new Map(have.map(({ name, value }) => [name, value]));
  for (const { name, value, maxAge, expires } of parseSetCookie([...setCookies], { decodeValues: false })) {
    if (name === '') continue;
    const expired = maxAge !== undefined ? maxAge <= 0 : expires !== undefined && expires.getTime() <= now;
    if (expired || value === '') merged.delete(name);
    else merged.set(name, value);
  }
  return [...merged].map(([name, value]) => ({ name, value }));
}

export const cookieHeader = (cookies: readonly Cookie[]): string =>
  cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
