import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in for `@aws-sdk/credential-provider-node` in the bundles (esbuild.config.mjs): Lambda always passes its
 * role's credentials in the environment, so looking for profiles, SSO, containers or instance metadata is dead weight.
 */
export const defaultProvider = () => fromEnv();
