import type { IncomingMessage } from 'node:http';

/** Whether a request asks for a page, or for the headers of one. Node sends no body with the answer to HEAD. */
export const isPageRequest = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

/** Returns a request's path without its query. `new URL` would read a path that begins with two slashes as a host. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const [path = '/'] = url.split('?');
  return path;
}
