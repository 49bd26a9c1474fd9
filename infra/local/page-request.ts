import type { IncomingMessage } from 'node:http';

/** Checks whether a request asks for a page: with GET, or with HEAD, for which Node drops the answer's body. */
export const isPageRequest = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

/** Returns a request's path without its query. `new URL` is not used, because it would read `//a/b` as the host `a`. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const [path = '/'] = url.split('?');
  return path;
}
