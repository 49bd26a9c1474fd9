import type { Environment } from '../platform/environment.ts';
import { BOX_LABEL } from '../platform/text.ts';

/** AimHarder's origins (README, "Hosts"). Each may have a path prefix, which is kept. */
export type Origins = {
  /** whoami, tokenUpdate, setrefresh. */
  readonly origin: string;
  /** The JSON login and the form login. */
  readonly login: string;
  /** Timetable, booking and cancelling. Contains `{box}`, which a box's subdomain replaces. */
  readonly box: string;
};

/**
 * Reads `AIMHARDER_ORIGIN`, `AIMHARDER_LOGIN_ORIGIN` and `AIMHARDER_BOX_ORIGIN`. The defaults are AimHarder's hosts under
 * `aimharder.com`.
 *
 * @throws Error if an origin is not an http(s) URL, or if `AIMHARDER_BOX_ORIGIN` lacks `{box}`.
 */
export function originsFrom(environment: Environment): Origins {
  const box = environment['AIMHARDER_BOX_ORIGIN'] || 'https://{box}.aimharder.com';
  if (!box.includes('{box}')) throw new Error('configuration: AIMHARDER_BOX_ORIGIN must hold {box}');
  const origins = {
    origin: environment['AIMHARDER_ORIGIN'] || 'https://aimharder.com',
    login: environment['AIMHARDER_LOGIN_ORIGIN'] || 'https://login.aimharder.com',
    box,
  };
  for (const url of [origins.origin, origins.login, box.replaceAll('{box}', 'box')]) {
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      throw new Error(`configuration: ${url} is not an http(s) origin`);
  }
  return origins;
}

/** Returns the domain of the session cookies: the site's domain, to which the hosts of the login and the boxes belong. */
export const cookieDomainOf = ({ origin }: Origins): string => new URL(origin).hostname.replace(/^www\./, '');

/**
 * Appends a path to an origin, without the slashes at the origin's end. The lookbehind makes the pattern try each run of slashes
 * only once.
 *
 * @param path starts with "/".
 */
export const urlAt = (origin: string, path: string): URL => new URL(`${origin.replace(/(?<!\/)\/+$/, '')}${path}`);

/** Returns a URL at a box. @throws Error if `box` is not one DNS label: the request could go to another origin. */
export function boxUrl(origins: Origins, box: string, path: string): URL {
  if (!BOX_LABEL.test(box)) throw new Error('A box must be one DNS label.');
  return urlAt(origins.box.replaceAll('{box}', box), path);
}
