import { SECOND } from './clock.ts';

/**
 * The limits of a client of AWS: how long the SDK waits for a connection and for an answer before it sends the request again, in
 * milliseconds. By default it waits without end, and a lost request would last as long as its function. Every request of this
 * service may be sent twice.
 */
export const limited = (requestTimeout: number) =>
  ({
    requestHandler: { connectionTimeout: SECOND, requestTimeout, throwOnRequestTimeout: true },
  }) as const;

/** The limits of the clients that answer in some 10 to 100 ms, for requests that a shot may wait for. */
export const LIMITED = limited(2 * SECOND);
