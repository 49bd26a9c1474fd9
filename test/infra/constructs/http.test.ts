import { beforeAll, expect, test } from 'vitest';
import { functionsByName } from '../../../infra/catalog/functions.ts';
import { nameOf, type Synthesized, synthesized } from '../../support/infra/synthesized.ts';

let stack: Synthesized;
beforeAll(() => {
  stack = synthesized();
});

const stage = () => stack.ofType('AWS::ApiGatewayV2::Stage')[0]?.Properties ?? {};

/** Maps each route of the template to its function. */
const routes = () =>
  new Map(
    stack.ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => {
      const [, integrationId = ''] = /"Ref":"([^"]+)"/.exec(JSON.stringify(Properties['Target'])) ?? [];
      const integration = stack.resources.find(({ id }) => id === integrationId);
      const target = nameOf(integration?.Properties['IntegrationUri'], false);
      const [name] = [...stack.functions].find(([, { resource }]) => resource.id === target) ?? [];
      return [Properties['RouteKey'], name] as const;
    }),
  );

test('every route of the catalogue leads to its function, and there is no other route', () => {
  const listed = [...functionsByName].flatMap(([name, definition]) =>
    (definition.routes ?? []).map((route) => [route, name] as const),
  );

  expect(routes()).toEqual(new Map(listed));
  expect(routes().get('$default')).toBe('not-found');
});

test('only requests to this API may start a route’s function', () => {
  const permissions = stack.ofType('AWS::Lambda::Permission').map(({ Properties }) => Properties);
  const ofApi = permissions.filter(({ Principal }) => Principal === 'apigateway.amazonaws.com');

  expect(ofApi).toHaveLength([...functionsByName.values()].filter((definition) => definition.routes).length);
  for (const { SourceArn } of ofApi)
    expect(nameOf(SourceArn)).toMatch(/^arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:HttpApi\/\*\//);
  // The ARN of a request to no route has one part less than those of the others, so it needs a permission of its own.
  expect(permissions.filter(({ SourceArn }) => nameOf(SourceArn).endsWith('HttpApi/*/*'))).toHaveLength(1);
});

test('requests are throttled, as configured', () => {
  expect(stage()['DefaultRouteSettings']).toEqual({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
  const [other] = synthesized({ throttleRate: 7, throttleBurst: '9' }).ofType('AWS::ApiGatewayV2::Stage');
  expect(other?.Properties['DefaultRouteSettings']).toEqual({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 });
});

test('the access log names no caller, and no path, which may hold a secret', () => {
  const format = String(Object(stage()['AccessLogSettings']).Format);

  expect(Object.values(JSON.parse(format)).toSorted()).toEqual([
    '$context.integrationLatency',
    '$context.requestId',
    '$context.requestTime',
    '$context.responseLatency',
    '$context.responseLength',
    '$context.routeKey',
    '$context.status',
  ]);
});

test('other sites’ pages may call the API only from the origins that are configured', () => {
  expect(stack.ofType('AWS::ApiGatewayV2::Api')[0]?.Properties).not.toHaveProperty('CorsConfiguration');
  const [open] = synthesized({ corsOrigins: 'https://a.example,https://b.example' }).ofType('AWS::ApiGatewayV2::Api');
  expect(open?.Properties['CorsConfiguration']).toMatchObject({
    AllowOrigins: ['https://a.example', 'https://b.example'],
    AllowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  });
});
