import * as z from 'zod/mini';
import { DETAILS } from '../../../lib/events/event-schemas.ts';
import { SOURCE } from '../../../lib/events/source.ts';
import { PROBLEMS } from '../../../lib/http/problem.ts';
import { WEBHOOK_TYPES } from '../../../lib/notifications/webhook-payload.ts';
import type { ErrorCode } from '../../../lib/platform/errors.ts';
import { COMPONENTS } from './components.ts';
import { type ResponseDescription, type RouteDescription, TAGS } from './route-description.ts';
import { PUBLIC_ROUTES, ROUTES } from './routes.ts';

type Json = Readonly<Record<string, unknown>>;

const referTo = (id: string) => `#/components/schemas/${id}`;

/** The problems that any route may answer, because they come from lib/http. */
const COMMON_PROBLEMS: readonly ErrorCode[] = [
  'invalid-request',
  'payload-too-large',
  'internal',
  'unavailable',
  'upstream-timeout',
];

/** The problems that any route with a bearer may answer. */
const MEMBER_PROBLEMS: readonly ErrorCode[] = ['unauthenticated', 'too-many-requests'];

/** Describes the API as OpenAPI 3.1, from the same schemas that decode the requests. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'On the Dot',
      version: '1',
      summary: 'Books a gym member’s class on AimHarder the instant bookings open.',
      description:
        'Times are ISO 8601 with an offset or Z, days are YYYY-MM-DD, ids are strings. A route refuses query parameters and fields that it does not know. Errors are problems (RFC 9457) with a code. On AWS the gateway itself answers some requests, with JSON of the form {"message": "…"} and no code. 429: too many requests; try again in a second. 413: a body over 6 MB. 500 and 503: a function failed, or could not be started in time; try again, but after a booking check first whether it was made.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The origin of this description.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ accessToken: [] }],
    paths: describePaths(Object.entries(ROUTES)),
    webhooks: Object.fromEntries([
      ...Object.entries(DETAILS).map(([type, detail]) => [type, describeEvent(type, detail)] as const),
      ...Object.entries(WEBHOOK_TYPES).map(([event, type]) => [type, describeWebhook(type, event)] as const),
    ]),
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', description: 'The accessToken that a login returns.' },
      },
      schemas: { ...toJsonSchemas(), Problem: PROBLEM_SCHEMA },
    },
  };
}

/** Describes an event in the form that EventBridge delivers to the targets of a rule. */
const describeEvent = (type: string, detail: z.ZodMiniType): Json => ({
  post: {
    operationId: `event-${toOperationId(type)}`,
    summary: `An event on the service's EventBridge bus, with source ${SOURCE}`,
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
    responses: { 200: { description: 'Received.' } },
  },
});

/** Describes the same event in the form that a member's own webhook receives. */
function describeWebhook(type: string, event: string): Json {
  const detail = Object.entries(DETAILS).find(([name]) => name === event)?.[1] ?? z.object({});
  const data = z.extend(detail, { subject: z.string(), text: z.string() });
  return {
    post: {
      operationId: `webhook-${toOperationId(type)}`,
      summary: 'A message to the member’s webhook, signed according to Standard Webhooks',
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
                data: outputSchema(data),
              },
              required: ['type', 'timestamp', 'data'],
            },
          },
        },
      },
      responses: { '2XX': { description: 'Received. After any other answer the service tries again.' } },
    },
  };
}

/** Converts the components, and more schemas, to JSON schemas by name. A component inside another schema is a reference. */
function toJsonSchemas(more: Readonly<Record<string, z.ZodMiniType>> = {}): Readonly<Record<string, Json>> {
  const named = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries<z.ZodMiniType>({ ...COMPONENTS, ...more })) named.add(schema, { id });
  const { schemas } = z.toJSONSchema(named, { io: 'output', uri: referTo });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMeta(schema)]));
}

function describePaths(routes: readonly (readonly [string, RouteDescription])[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [route, description] of routes) {
    const [method = '', path = ''] = route.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(route, description) };
  }
  return paths;
}

function describeOperation(route: string, description: RouteDescription): Json {
  const { summary, tag, path, query, body, responses } = description;
  const parameters = [...describeParameters('path', path), ...describeParameters('query', query)];
  return {
    operationId: toOperationId(route),
    summary,
    tags: [tag],
    ...(PUBLIC_ROUTES.has(route) && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: inputSchema(body) } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [status, describeResponse(response)]),
      ),
      ...describeProblems(route, description),
    },
  };
}

/** Builds the id of an operation from its route or event type: `GET /v1/prebookings/{id}` becomes `get-prebookings-id`. */
const toOperationId = (operation: string): string =>
  operation
    .replace('/v1', '')
    .replaceAll(/[^A-Za-z]+/g, '-')
    .replace(/-$/, '')
    .toLowerCase();

function describeResponse({ description, schema, contentType, headers = [] }: ResponseDescription): Json {
  const content = schema
    ? { 'application/json': { schema: outputSchema(schema) } }
    : contentType && { [contentType]: { schema: { type: 'string' } } };
  return {
    description,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: 'string' } }])),
    }),
    ...(content && { content }),
  };
}

/** Lists the problems that a route may answer, each with its status. */
function listProblems(route: string, { problems }: RouteDescription): readonly (readonly [number, ErrorCode])[] {
  const isPublic = PUBLIC_ROUTES.has(route);
  const codes: readonly ErrorCode[] = [...COMMON_PROBLEMS, ...(isPublic ? [] : MEMBER_PROBLEMS), ...problems];
  return [...new Set(codes)].flatMap((code) => {
    const { status } = PROBLEMS[code];
    // 401 if AimHarder has ended the caller's own session: the client has to log in again.
    return code === 'login-required' && !isPublic
      ? [[401, code] as const, [status, code] as const]
      : [[status, code] as const];
  });
}

function describeProblems(route: string, description: RouteDescription): Json {
  const byStatus = Map.groupBy(listProblems(route, description), ([status]) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, problems]) => [status, describeProblemResponse(problems.map(([, code]) => code))]),
  );
}

const describeProblemResponse = (codes: readonly ErrorCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
  content: {
    'application/problem+json': {
      schema: { allOf: [{ $ref: referTo('Problem') }, { properties: { code: { enum: codes } } }] },
    },
  },
});

const PROBLEM_SCHEMA: Json = {
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
};

const ObjectSchema = z.object({
  properties: z._default(z.record(z.string(), z.unknown()), {}),
  required: z._default(z.array(z.string()), []),
});

function describeParameters(location: 'path' | 'query', parameters: z.ZodMiniType | undefined): readonly Json[] {
  if (!parameters) return [];
  const { properties, required } = ObjectSchema.parse(inputSchema(parameters));
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: location,
    required: location === 'path' || required.includes(name),
    schema,
  }));
}

/** Converts the schema of a request: the form that a client sends, before our transformations. */
const inputSchema = (schema: z.ZodMiniType): Json =>
  withoutMeta(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));

/** Converts the schema of a response, with references to the components. */
const outputSchema = (schema: z.ZodMiniType): Json => toJsonSchemas({ This: schema })['This'] ?? {};

/** Removes `$schema` and `$id`: OpenAPI states the version of JSON Schema once, and its components have names. */
function withoutMeta({ $schema: _, $id: __, ...schema }: Json): Json {
  return schema;
}
