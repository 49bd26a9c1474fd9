import { Duration, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CORS } from '../catalog/browser-headers.ts';
import type { DeploymentOptions } from '../options.ts';
import type { ServiceFunction } from './functions.ts';
import { addOwnDomain } from './own-domain.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** The fields of the access log: the route's pattern instead of the path, and nothing about the client. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  functionMilliseconds: '$context.integrationLatency',
  bytes: '$context.responseLength',
};

export type ApiProps = { readonly options: DeploymentOptions; readonly functions: readonly ServiceFunction[] };

/**
 * The HTTP API: every route of the catalogue, throttled, and logged without personal data. Browsers let pages of other sites
 * use the API only if the option `corsOrigins` names those sites.
 */
export class Api extends Construct {
  readonly api: HttpApi;
  /** The service's address. */
  readonly url: string;
  /** The host name that the operator's domain must point at; undefined without a domain. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, { options, functions }: ApiProps) {
    super(scope, id);
    const cors = buildCors(options);
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      ...(cors && { corsPreflight: cors }),
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: options.throttleRate, burstLimit: options.throttleBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: options.logRetentionDays,
            removalPolicy: removalPolicyOf(options),
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    for (const { name, definition, lambda } of functions) {
      const { routes = [] } = definition;
      // A function of several routes has one permission for the whole API, because a stack may have only 500 resources.
      const integration = new HttpLambdaIntegration(name, lambda, { scopePermissionToRoute: routes.length === 1 });
      for (const route of routes)
        new HttpRoute(this, route, { httpApi: this.api, routeKey: parseRoute(route), integration });
    }
    suppressNag(this, FUNCTIONS_AUTHENTICATE, 'AwsSolutions-APIG4');
    const domain = addOwnDomain(this, this.api, stage, options);
    this.url = domain ? `https://${domain.name}` : this.api.apiEndpoint;
    this.domainTarget = domain?.target;
  }
}

const FUNCTIONS_AUTHENTICATE =
  'Each function first authenticates its caller, with a strongly consistent read of the sessions table. An authorizer would read the same item a second time. A test calls every route without a token.';

/** Parses a route of the catalogue: "METHOD /path", or "$default". */
function parseRoute(route: string): HttpRouteKey {
  const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(route) ?? [];
  const httpMethod = Object.values(HttpMethod).find((known) => known === method);
  return httpMethod && path ? HttpRouteKey.with(path, httpMethod) : HttpRouteKey.DEFAULT;
}

/** Builds the CORS settings. @returns undefined if the option `corsOrigins` names no origin. */
function buildCors({ corsOrigins }: DeploymentOptions): CorsPreflightOptions | undefined {
  if (corsOrigins.length === 0) return undefined;
  return {
    allowOrigins: corsOrigins,
    allowMethods: CORS.methods.map((method) => CorsHttpMethod[method]),
    allowHeaders: [...CORS.requestHeaders],
    exposeHeaders: [...CORS.exposedHeaders],
    maxAge: Duration.seconds(CORS.maxAgeSeconds),
  };
}
