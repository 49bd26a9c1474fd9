import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles. Lambda passes the role's credentials in the environment, so
 * the other providers (profiles, SSO, containers, instance metadata …) would only make each cold start longer.
 */
export const defaultProvider = () => fromEnv();
