import type { IncomingMessage } from 'node:http';

type Headers = Pick<IncomingMessage, 'headers'>;

/**
 * Checks whether a request names this machine as its host. A page of another site can make that site's name resolve to 127.0.0.1
 * (DNS rebinding), but the browser then sends that name as the host.
 */
export const isToThisMachine = ({ headers: { host = '' } }: Headers): boolean =>
  /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i.test(host);

/** Checks whether a browser says that a page sent the request. `none` stands for an address that a person has typed. */
export const isFromPage = ({ headers }: Headers): boolean =>
  headers.origin !== undefined || String(headers['sec-fetch-site'] ?? 'none') !== 'none';
