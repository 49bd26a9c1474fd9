import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Environment } from '../platform/environment.ts';

/**
 * Where clients reach this API: `PUBLIC_URL` where it is set, else the domain the request came to, which API Gateway
 * states and no header changes.
 *
 * @throws Error when PUBLIC_URL is set and is no URL.
 */
export function publicOrigin(
  { PUBLIC_URL: configured }: Environment,
  { requestContext }: APIGatewayProxyEventV2,
): string {
  if (!configured) return `https://${requestContext.domainName}`;
  if (!URL.canParse(configured))
    throw new Error('configuration: PUBLIC_URL must be a URL such as https://api.example.com');
  return configured.replace(/\/+$/, '');
}
