import * as z from 'zod/mini';
import { DETAILS } from '../../../lib/events/event-schemas.ts';
import { SOURCE } from '../../../lib/events/source.ts';
import { PROBLEMS } from '../../../lib/http/problem.ts';
import { WEBHOOK_TYPES } from '../../../lib/notifications/webhook-payload.ts';
import type { ErrorCode } from '../../../lib/platform/errors.ts';
import { COMPONENTS, type Described, TAGS } from './responses.ts';
import { ROUTES } from './routes.ts';

type Json = Readonly<Record<string, unknown>>;

const reference = (id: string) => `#/components/schemas/${id}`;

/** What a middleware or the gateway may answer for any route. */
const ALWAYS: readonly ErrorCode[] = ['invalid-request', 'payload-too-large', 'internal', 'upstream-timeout'];

/** The API as OpenAPI 3.1, made of the very schemas that requests are decoded by. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'On the Dot',
      version: '1',
      summary: 'Books a gym member’s class on AimHarder the instant bookings open.',
      description:
        'Times are ISO 8601 with offset or Z, days YYYY-MM-DD, ids strings. Query parameters and fields that a route does not know are refused. Errors are problems (RFC 9457) with a code. On AWS the gateway answers some requests by itself, with JSON of the form {"message": "…"} and no code: 429 more requests than are let through (try again in a second), 413 a body over 6 MB, 500 and 503 a function that failed or could not be started in time (try again; of a booking, look first whether it was made).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'Where this description comes from.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ accessToken: [] }],
    paths: pathsOf(Object.entries(ROUTES)),
    webhooks: Object.fromEntries([
      ...Object.entries(DETAILS).map(([type, detail]) => [type, eventOf(type, detail)] as const),
      ...Object.entries(WEBHOOK_TYPES).map(([event, type]) => [type, webhookOf(type, event)] as const),
    ]),
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', description: 'The accessToken of a login.' },
      },
      schemas: { ...schemasOf(), Problem: problemSchema() },
    },
  };
}

/** An event as EventBridge delivers it to whoever has a rule for it. */
const eventOf = (type: string, detail: z.ZodMiniType): Json => ({
  post: {
    operationId: `event-${operationIdOf(type)}`,
    summary: `On the service's EventBridge bus, with source ${SOURCE}`,
    tags: ['Service'],
    security: [],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: { source: { const: SOURCE }, 'detail-type': { const: type }, detail: outputSchema(detail) },
            required: ['source', 'detail-type', 'detail'],
          },
        },
      },
    },
    responses: { 200: { description: 'Taken.' } },
  },
});

/** The same event as a member's own webhook gets it. */
function webhookOf(type: string, event: string): Json {
  const detail = Object.entries(DETAILS).find(([name]) => name === event)?.[1] ?? z.object({});
  const told = z.extend(detail, { subject: z.string(), text: z.string() });
  return {
    post: {
      operationId: `webhook-${operationIdOf(type)}`,
      summary: 'To the webhook of the member it is about, signed as Standard Webhooks says',
      tags: ['Notifications'],
      security: [],
      parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
        ...{ name, in: 'header', required: true },
        schema: { type: 'string' },
      })),
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                type: { const: type },
                timestamp: { type: 'string', format: 'date-time' },
                data: outputSchema(told),
              },
              required: ['type', 'timestamp', 'data'],
            },
          },
        },
      },
      responses: { '2XX': { description: 'Taken; anything else is tried again.' } },
    },
  };
}

/** JSON schemas of the components and of others, by name; a component inside another is referred to by its name. */
function schemasOf(others: Readonly<Record<string, z.ZodMiniType>> = {}): Readonly<Record<string, Json>> {
  const named = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries<z.ZodMiniType>({ ...COMPONENTS, ...others })) named.add(schema, { id });
  const { schemas } = z.toJSONSchema(named, { io: 'output', uri: reference });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, cleaned(schema)]));
}

function pathsOf(routes: readonly (readonly [string, Described])[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [route, described] of routes) {
    const [method = '', path = ''] = route.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(route, described) };
  }
  return paths;
}

function operation(route: string, described: Described): Json {
  const { summary, tag, open, path, query, body, answers } = described;
  const parameters = [...parametersOf('path', path), ...parametersOf('query', query)];
  return {
    operationId: operationIdOf(route),
    summary,
    tags: [tag],
    ...(open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: inputSchema(body) } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
      ...problemsOf(described),
    },
  };
}

/** `GET /v1/prebookings/{id}` is `get-prebookings-id`. */
const operationIdOf = (route: string): string =>
  route
    .replace('/v1', '')
    .replaceAll(/[^A-Za-z]+/g, '-')
    .replace(/-$/, '')
    .toLowerCase();

function answerOf({ means, schema, contentType, headers = [] }: Described['answers'][number]): Json {
  const content = schema
    ? { 'application/json': { schema: outputSchema(schema) } }
    : contentType && { [contentType]: { schema: { type: 'string' } } };
  return {
    description: means,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: 'string' } }])),
    }),
    ...(content && { content }),
  };
}

/** The problems a route may answer, by status, with their codes. */
function problemCodesOf({ open, problems }: Described): readonly (readonly [number, ErrorCode])[] {
  const codes: readonly ErrorCode[] = [...ALWAYS, ...(open ? [] : ['unauthenticated' as const]), ...problems];
  return [...new Set(codes)].flatMap((code) => {
    const { status } = PROBLEMS[code];
    // The caller's own session died at AimHarder: a login is the only remedy.
    return code === 'login-required' && !open
      ? [[401, code] as const, [status, code] as const]
      : [[status, code] as const];
  });
}

function problemsOf(described: Described): Json {
  const byStatus = Map.groupBy(problemCodesOf(described), ([status]) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => {
      const codes = all.map(([, code]) => code);
      return [status, problemAnswer(codes)];
    }),
  );
}

const problemAnswer = (codes: readonly ErrorCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
  content: {
    'application/problem+json': {
      schema: { allOf: [{ $ref: reference('Problem') }, { properties: { code: { enum: codes } } }] },
    },
  },
});

const problemSchema = (): Json => ({
  type: 'object',
  description: 'RFC 9457 problem details.',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
    detail: { type: 'string' },
    instance: { type: 'string' },
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
});

function parametersOf(place: 'path' | 'query', schema: z.ZodMiniType | undefined): readonly Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = inputSchema(schema) as { properties?: Json; required?: readonly string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

/** What may be sent: where a value is transformed on the way in, its form before. */
const inputSchema = (schema: z.ZodMiniType): Json =>
  cleaned(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));

const outputSchema = (schema: z.ZodMiniType): Json => schemasOf({ This: schema })['This'] ?? {};

/** OpenAPI says once, at its head, which JSON Schema it means. */
function cleaned({ $schema: _, $id: __, ...schema }: Json): Json {
  return schema;
}
