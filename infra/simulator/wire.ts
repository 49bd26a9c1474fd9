import type { IncomingMessage } from 'node:http';
import type { Instant } from '../../lib/platform/clock.ts';

/** AimHarder's hosts, and `_gym` for the simulator's control. */
export type Site = 'www' | 'login' | 'box' | '_gym';

/** The target of a request. The beginning of the URL's path stands for one of AimHarder's hosts; `path` is the rest. */
export type Target = {
  readonly site: Site;
  /** The subdomain of a box; empty at other sites. */
  readonly box: string;
  readonly path: string;
  readonly query: URLSearchParams;
};

export type SimulatorRequest = Target & {
  readonly method: string;
  readonly contentType: string;
  readonly cookies: ReadonlyMap<string, string>;
  readonly body: string;
  /** When the request arrived, on the clock of the simulated server that received it. */
  readonly arrivedAt: Instant;
};

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
  /** What the simulator's record says of the answer: the outcome of a booking, or `logout`. */
  readonly note?: string;
};

export const SESSION_COOKIE = 'amhrdrauth';
export const BALANCER_COOKIE = 'AWSALB';

/** A URL's path: a host (`/www`, `/login`, `/_gym` or `/gym/<box>`), and the path on that host. */
const HOST_AND_PATH = /^\/(?:(www|login|_gym)|gym\/([a-z0-9-]+))(\/.*)?$/;

/** Parses a request's URL. @returns undefined if the path does not begin with a simulated host. */
export function parseTarget(url: string): Target | undefined {
  // A request names only the path, so `http://gym` stands for any host.
  const { pathname, searchParams } = new URL(url, 'http://gym');
  const parts = HOST_AND_PATH.exec(pathname);
  if (!parts) return undefined;
  const [, host, box = '', path = '/'] = parts;
  const site = host === 'www' || host === 'login' || host === '_gym' ? host : 'box';
  return { site, box, path, query: searchParams };
}

export function parseCookies({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (headers.cookie ?? '').split(/;\s*/).filter((pair) => pair.includes('='));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1)]));
}

/** Reads the session cookie, whose value is URL-encoded. */
export function readSessionCookie({ cookies }: SimulatorRequest): string | undefined {
  const value = cookies.get(SESSION_COOKIE);
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

export const parseForm = ({ contentType, body }: SimulatorRequest): URLSearchParams =>
  new URLSearchParams(contentType.startsWith('application/x-www-form-urlencoded') ? body : '');

/** Parses a body. @returns undefined unless it is a JSON object. */
export function parseJsonObject(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

type ReplyOptions = { readonly status?: number; readonly cookies?: readonly string[]; readonly note?: string };

export function json(value: object, { status = 200, cookies = [], note = '' }: ReplyOptions = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies,
    body: JSON.stringify(value),
    ...(note && { note }),
  };
}

export function page(content: string, { status = 200, cookies = [] }: Omit<ReplyOptions, 'note'> = {}): Reply {
  const body = `<!DOCTYPE html><html><head><title>AimHarder</title></head><body>${content}</body></html>`;
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8' }, cookies, body };
}

export const HOME = page('<h1>AimHarder</h1><p>Software para gimnasios y boxes</p>');
export const NOT_FOUND = page('<h1>404</h1>', { status: 404 });
export const NOT_ALLOWED = page('<h1>405</h1>', { status: 405 });
/** AimHarder's answer to a request whose session is dead (lib/aimharder/README.md, "What ends a session"). */
export const LOGGED_OUT = json({ logout: 1 }, { note: 'logout' });
