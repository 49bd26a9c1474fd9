import type { Environment } from '../platform/environment.ts';
import { BOX_LABEL } from '../platform/text.ts';

/** AimHarder's origins (README, "Hosts"). Each may have a path prefix, which is kept. */
export type Origins = {
  /** whoami, tokenUpdate, setrefresh. */
  readonly origin: string;
  readonly login: string;
  /** Timetable, booking and cancelling. Contains `{box}`, which a box's subdomain replaces. */
  readonly box: string;
};

/**
 * Reads `AIMHARDER_ORIGIN`, `AIMHARDER_LOGIN_ORIGIN` and `AIMHARDER_BOX_ORIGIN`; by default AimHarder's own, on `.com`.
 *
 * @throws Error when one is not an http(s) URL, or the box's lacks `{box}`.
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

/** Returns the domain of the sessions' cookies: the site's, to which the hosts of login and boxes belong. */
export const parentDomainOf = ({ origin }: Origins): string => new URL(origin).hostname.replace(/^www\./, '');

/** @param path starts with "/". */
export const urlAt = (origin: string, path: string): URL => new URL(`${origin.replace(/\/+$/, '')}${path}`);

/** @throws Error when `box` is not one DNS label: the request could go to another origin. */
export function boxUrl(origins: Origins, box: string, path: string): URL {
  if (!BOX_LABEL.test(box)) throw new Error('A box must be one DNS label.');
  return urlAt(origins.box.replaceAll('{box}', box), path);
}
