import type { IncomingMessage } from 'node:http';

/** Checks whether a request asks for a page (GET) or its headers (HEAD, for which Node drops the body). */
export const isPageRequest = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

/** Returns a request's path without its query. `new URL` would take the start of a path such as `//a/b` for a host. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const [path = '/'] = url.split('?');
  return path;
}
