import { SECOND } from './clock.ts';

/**
 * Builds the options that limit how long a client of the AWS SDK waits for a connection and for an answer. After that time the
 * SDK sends the request again, so every request of this service must be safe to repeat. By default the SDK has no limit: after a
 * lost request it would wait until the function ends.
 *
 * @param requestTimeout how long the client waits for an answer, in milliseconds.
 */
export const clientLimits = (requestTimeout: number) =>
  ({
    requestHandler: { connectionTimeout: SECOND, requestTimeout, throwOnRequestTimeout: true },
  }) as const;

/** The limits for AWS services that answer within about 100 ms. A shot may wait for such an answer. */
export const CLIENT_LIMITS = clientLimits(2 * SECOND);
