import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Environment } from '../platform/environment.ts';

/**
 * Returns the origin at which clients reach this API: `PUBLIC_URL`, or without it the domain of the request. The domain comes
 * from API Gateway; no header can change it.
 *
 * @throws Error if PUBLIC_URL is set and is no URL.
 */
export function publicOrigin(
  { PUBLIC_URL: configured }: Environment,
  { requestContext }: APIGatewayProxyEventV2,
): string {
  return configuredOrigin({ PUBLIC_URL: configured }) ?? `https://${requestContext.domainName}`;
}

/** Returns the origin that the operator has set. @throws Error if PUBLIC_URL is set and is no URL. */
export function configuredOrigin({ PUBLIC_URL: configured }: Environment): string | undefined {
  if (!configured) return undefined;
  if (!URL.canParse(configured))
    throw new Error('configuration: PUBLIC_URL must be a URL such as https://api.example.com');
  // Without the lookbehind, a text of many slashes would take quadratic time.
  return configured.replace(/(?<!\/)\/+$/, '');
}
