import type { IncomingMessage } from 'node:http';

type Headers = Pick<IncomingMessage, 'headers'>;

/**
 * Whether a request names this machine as its host. A page of another site can make that site's name resolve to 127.0.0.1 (DNS
 * rebinding), but the browser then sends that name.
 */
export const isToThisMachine = ({ headers: { host = '' } }: Headers): boolean =>
  /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i.test(host);

/** Whether a browser says that a page sent the request. */
export const isFromPage = ({ headers }: Headers): boolean =>
  headers.origin !== undefined || !['none', undefined].includes(String(headers['sec-fetch-site'] ?? 'none'));
