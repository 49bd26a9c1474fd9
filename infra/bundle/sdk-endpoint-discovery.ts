/**
 * Stands in for `@aws-sdk/middleware-endpoint-discovery` in the bundles (esbuild.config.mjs): DynamoDB's client sets the
 * discovery up, and no command of it uses it.
 */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: false,
};

export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;
