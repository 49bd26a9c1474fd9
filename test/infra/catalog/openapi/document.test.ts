import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ruleset, Spectral } from '@stoplight/spectral-core';
import { oas } from '@stoplight/spectral-rulesets';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../../../infra/catalog/openapi/document.ts';
import { expectDescribed } from '../../../support/infra/described.ts';
import type { Json } from '../../../support/stories/api-client.ts';

/** The description as an installation answers with it. */
const SERVED = JSON.stringify({ ...openApiDocument(), servers: [{ url: 'https://api.example.org' }] });

describe('the description passes', () => {
  test('Redocly’s recommended rules', async () => {
    const config = await createConfig({ extends: ['recommended'] });

    const problems = await lintFromString({ source: SERVED, config });

    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual(
      [],
    );
  });

  test('Spectral’s rules for OpenAPI', async () => {
    const spectral = new Spectral();
    spectral.setRuleset(new Ruleset({ extends: [[oas, 'recommended']] }));

    const problems = await spectral.run(SERVED);

    expect(problems.map(({ code, message, path }) => `${code}: ${message} ${path.join('/')}`)).toEqual([]);
  });
});

describe('a stranger finds', () => {
  const document = JSON.parse(SERVED) as Described;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method} ${path}`, ...operation })),
  );

  test('what every operation does, under a name of its own', () => {
    const ids = operations.map(({ operationId }) => operationId);

    expect(operations.filter(({ description }) => !description).map(({ route }) => route)).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+(?:[A-Z][a-z]+)*$/.test(id))).toEqual([]);
    expect(ids).toEqual(
      expect.arrayContaining(['login', 'endSession', 'bookClass', 'createPrebooking', 'listClasses']),
    );
  });

  test('what every parameter and every field means, with an example of every value', () => {
    const parameters = operations.flatMap(({ route, parameters: all = [] }) =>
      all
        .filter(({ description, example }) => !description || example === undefined)
        .map(({ name }) => `${route} ${name}`),
    );
    const fields = Object.entries(document.components.schemas).flatMap(([name, schema]) => undescribed(schema, name));

    expect([...parameters, ...fields]).toEqual([]);
  });

  test('a limit that is a number, and days, instants and addresses with their formats', () => {
    const parameter = (id: string, sought: string) =>
      operations.find(({ operationId }) => operationId === id)?.parameters?.find(({ name }) => name === sought)?.schema;

    expect(parameter('listBookings', 'limit')).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 50,
    });
    expect(parameter('listClasses', 'day')).toMatchObject({ type: 'string', format: 'date' });
    expect(document.components.schemas['CreatePrebookingRequest']?.properties?.['opensAt']).toMatchObject({
      type: 'string',
      format: 'date-time',
    });
  });

  test('an example of every body, and none keeps the password', () => {
    const bodies = operations.flatMap(({ route, requestBody }) =>
      requestBody ? [{ route, ...requestBody.content['application/json'] }] : [],
    );

    expect(bodies.filter(({ example }) => !example).map(({ route }) => route)).toEqual([]);
    expect(JSON.stringify(bodies)).not.toContain('"keepCredentials":true');
  });

  test('answers that may get more fields, and requests that may not', () => {
    const { schemas } = document.components;

    expect(schemas['LoginRequest']).toHaveProperty('additionalProperties', false);
    for (const name of ['LoginAnswer', 'Class', 'Prebooking'])
      expect(schemas[name]).not.toHaveProperty('additionalProperties');
  });

  test('when to try again, how to authenticate, and the events of the bus, which are no webhooks', () => {
    const headersOf = (id: string, status: string) =>
      Object.keys(operations.find(({ operationId }) => operationId === id)?.responses[status]?.headers ?? {});

    expect(headersOf('login', '429')).toEqual(['Retry-After']);
    expect(headersOf('listClasses', '401')).toEqual(['WWW-Authenticate']);
    expect(Object.keys(document['x-bus-events'].details)).toContain('PreBooking Booked');
    expect(Object.keys(document.webhooks)).not.toContain('PreBooking Booked');
  });
});

/** Lists the fields of a schema that lack a description, or an example where they are values. */
function undescribed({ properties = {}, items, anyOf = [] }: Schema, path: string): readonly string[] {
  const own = Object.entries(properties).flatMap(([name, field]) => {
    const isValue =
      !field.$ref &&
      !field.properties &&
      !field.items &&
      !field.anyOf?.some((one) => one.$ref || one.properties || one.anyOf);
    const isMissing = !field.description || (isValue && !field.examples && field.const === undefined && !field.enum);
    return [...(isMissing ? [`${path}.${name}`] : []), ...undescribed(field, `${path}.${name}`)];
  });
  return [...own, ...(items ? undescribed(items, path) : []), ...anyOf.flatMap((one) => undescribed(one, path))];
}

type Schema = {
  readonly $ref?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

type Described = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly webhooks: object;
  readonly 'x-bus-events': { readonly details: object };
};

type Operation = {
  readonly operationId: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly example?: unknown;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: object }>> };
  readonly responses: Readonly<Record<string, { readonly headers?: object }>>;
};

test('the text names the answers of API Gateway itself, which are no problem documents', () => {
  const { info } = openApiDocument() as { info: { description: string } };

  for (const status of [413, 429, 500, 503]) expect(info.description).toContain(String(status));
  expect(info.description).toContain('{"message"');
});

const answer = (status: number, body: object, contentType = 'application/json') => ({
  status,
  body: body as Json,
  text: JSON.stringify(body),
  headers: new Headers({ 'content-type': contentType }),
});
const problem = { type: 't', title: 't', status: 409, code: 'class-full', detail: 'd', instance: 'i' };

test.each([
  ['a route', 'GET', '/v1/secrets', answer(200, {})],
  ['a status', 'GET', '/v1/health', answer(201, { status: 'ok' })],
  ['a field', 'GET', '/v1/health', answer(200, { status: 'ok', extra: 1 })],
  ['a type', 'GET', '/v1/health', answer(200, { status: 1 })],
  ['a form', 'POST', '/v1/calendar', answer(201, { url: 'not an address' })],
  ['a code', 'GET', '/v1/boxes', answer(409, problem, 'application/problem+json')],
  ['a code of another status', 'POST', '/v1/bookings', answer(401, problem, 'application/problem+json')],
])('an answer with %s that is not described fails the test', (_name, method, path, undescribed) => {
  expect(() => expectDescribed(method, path, undescribed)).toThrow(/described/);
});
