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
import type { DeploymentOptions } from '../options.ts';
import type { ServiceFunction } from './functions.ts';
import { removalPolicyOf } from './retention.ts';
import { suppressNag } from './suppress-nag.ts';

/** What is logged of each request: the route's pattern instead of its path, no address, no client. */
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

/** The HTTP API: every route of the catalogue, throttled, logged without personal data, closed to other sites' pages by default. */
export class Api extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { options, functions }: ApiProps) {
    super(scope, id);
    const cors = parseCors(options);
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      ...(cors && { corsPreflight: cors }),
    });
    new HttpStage(this, 'Stage', {
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
      const integration = new HttpLambdaIntegration(name, lambda);
      for (const route of definition.routes ?? [])
        new HttpRoute(this, route, { httpApi: this.api, routeKey: routeKeyOf(route), integration });
    }
    suppressNag(this, AUTHENTICATED_INSIDE, 'AwsSolutions-APIG4');
  }
}

const AUTHENTICATED_INSIDE =
  'Each function first authenticates its caller, with a strongly consistent read of the sessions table. An authorizer would read the same item a second time. A test calls every route without a token.';

/** Reads a route of the catalogue: "METHOD /path", or "$default". */
function routeKeyOf(route: string): HttpRouteKey {
  const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(route) ?? [];
  const known = Object.values(HttpMethod).find((one) => one === method);
  return known && path ? HttpRouteKey.with(path, known) : HttpRouteKey.DEFAULT;
}

function parseCors({ corsOrigins }: DeploymentOptions): CorsPreflightOptions | undefined {
  if (corsOrigins.length === 0) return undefined;
  return {
    allowOrigins: corsOrigins,
    allowMethods: [
      CorsHttpMethod.GET,
      CorsHttpMethod.POST,
      CorsHttpMethod.PUT,
      CorsHttpMethod.PATCH,
      CorsHttpMethod.DELETE,
    ],
    allowHeaders: ['authorization', 'content-type', 'if-none-match'],
    exposeHeaders: ['etag', 'location', 'retry-after'],
    maxAge: Duration.hours(1),
  };
}
