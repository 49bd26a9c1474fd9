/**
 * Replaces `@aws-sdk/middleware-endpoint-discovery` in the bundles. DynamoDB's client configures endpoint discovery, but
 * no command that the functions send uses it.
 */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: false,
};

export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;
