import * as z from 'zod/mini';

/** An error of AWS's SDK. It has no status if no answer came. */
const ServiceError = z.object({
  name: z.string(),
  $metadata: z.object({ httpStatusCode: z.optional(z.number()) }),
});

/** Names of refusals with status 400 that mean the service is too busy. The SDK has already repeated the request. */
const THROTTLING_NAME = /Throttl|ThroughputExceeded|RequestLimitExceeded|TooManyRequests/;

/** Checks whether an AWS service gave no answer, failed, or has too much to do: a later request may succeed. */
export function isBusyService(error: unknown): boolean {
  const decoded = z.safeParse(ServiceError, error);
  if (!decoded.success) return false;
  const {
    name,
    $metadata: { httpStatusCode: status = 0 },
  } = decoded.data;
  return status === 0 || status === 429 || status >= 500 || THROTTLING_NAME.test(name);
}
