import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Environment } from '../platform/environment.ts';

/**
 * Returns the origin at which clients reach this API: `PUBLIC_URL` if it is set, or else the domain of the request. API Gateway
 * gives that domain; no header can change it.
 *
 * @throws Error if PUBLIC_URL is set but is no URL.
 */
export function publicOrigin(environment: Environment, { requestContext }: APIGatewayProxyEventV2): string {
  return configuredOrigin(environment) ?? `https://${requestContext.domainName}`;
}

/** Returns the origin that the operator has set, if any. @throws Error if PUBLIC_URL is set but is no URL. */
export function configuredOrigin({ PUBLIC_URL: configured }: Environment): string | undefined {
  if (!configured) return undefined;
  if (!URL.canParse(configured))
    throw new Error('configuration: PUBLIC_URL must be a URL such as https://api.example.com');
  // Removes trailing slashes. Without the lookbehind, a text of many slashes would take quadratic time.
  return configured.replace(/(?<!\/)\/+$/, '');
}
