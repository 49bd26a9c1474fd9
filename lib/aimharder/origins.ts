import type { Environment } from '../platform/environment.ts';

/** Where AimHarder answers. Any of them may carry a path prefix, which is kept. */
export type Origins = {
  /** whoami, tokenUpdate, setrefresh. */
  readonly origin: string;
  readonly login: string;
  /** Holds `{box}`, which a box's subdomain replaces: listing, booking, cancelling. */
  readonly box: string;
};

const BOX_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** One DNS label: nothing that could lead a request elsewhere. */
export const isBoxLabel = (text: string): boolean => BOX_LABEL.test(text);

/**
 * `AIMHARDER_ORIGIN`, `AIMHARDER_LOGIN_ORIGIN`, `AIMHARDER_BOX_ORIGIN`; by default AimHarder's own, on `.com`.
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

/** The domain that a session's cookies are for: the site's, which the login's and the boxes' hosts are below. */
export const parentDomainOf = ({ origin }: Origins): string => new URL(origin).hostname.replace(/^www\./, '');

/** @param path starts with "/". */
export const urlAt = (origin: string, path: string): URL => new URL(`${origin.replace(/\/+$/, '')}${path}`);

/** @throws Error when `box` is not one DNS label: then the request could leave the box's origin. */
export function boxUrl(origins: Origins, box: string, path: string): URL {
  if (!isBoxLabel(box)) throw new Error('A box is named by one DNS label.');
  return urlAt(origins.box.replaceAll('{box}', box), path);
}
