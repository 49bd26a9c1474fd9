import type * as z from 'zod/mini';
import { PROBLEMS } from '../../../lib/http/problem.ts';
import { COMPONENTS } from './components.ts';
import { answerName, describeOperation, requestName } from './describe-operation.ts';
import { describeBusEvents, describeMessages, describeWebhooks } from './events.ts';
import { FIELDS } from './fields.ts';
import { HEADERS } from './headers.ts';
import { type Json, toJsonSchemas } from './json-schemas.ts';
import { type RouteDescription, TAGS } from './route-description.ts';
import { ROUTES } from './routes.ts';

const DESCRIPTION = `Logs members in at AimHarder with their own accounts, shows their classes, and books them.

**Start** with \`login\`, and send its \`accessToken\` as \`Authorization: Bearer …\` with every other operation.

- Instants are ISO 8601 with an offset or \`Z\`, days are \`YYYY-MM-DD\`, times of day \`HH:MM\` on the box’s wall clock. Ids are texts.
- An operation refuses parameters and fields that it does not know. An answer may get more fields: ignore those that you do not know.
- A list has pages: send \`nextCursor\` as \`cursor\` until it is null.
- Errors are problems (RFC 9457) with a \`code\`.

On AWS the gateway itself answers some requests, with JSON of the form \`{"message": "…"}\` and no code. 429: too many requests; try again in a
second. 413: a body over 6 MB. 500 and 503: a function failed, or could not be started in time; try again, but after a booking check first whether
it was made.`;

/**
 * Describes the API as OpenAPI 3.1, from the same schemas that decode the requests.
 *
 * The address of an installation is not known here, so the server is `/`. `GET /openapi.json` puts the address in its place.
 */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'On the Dot',
      version: '1',
      summary: 'Books a gym member’s class on AimHarder the instant bookings open.',
      description: DESCRIPTION,
      contact: { name: 'The operator of this installation' },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The origin of this description.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ accessToken: [] }],
    paths: describePaths(Object.entries(ROUTES)),
    webhooks: describeWebhooks(),
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', description: 'The `accessToken` that a login returns.' },
      },
      headers: HEADERS,
      schemas: {
        ...toJsonSchemas(requestSchemas(), 'input'),
        ...toJsonSchemas({ ...COMPONENTS, ...answerSchemas() }, 'output'),
        ...describeMessages(),
        Problem: PROBLEM_SCHEMA,
      },
    },
    'x-bus-events': describeBusEvents(),
  };
}

function describePaths(routes: readonly (readonly [string, RouteDescription])[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [route, description] of routes) {
    const [method = '', path = ''] = route.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(route, description) };
  }
  return paths;
}

const requestSchemas = (): Readonly<Record<string, z.ZodMiniType>> =>
  Object.fromEntries(
    Object.entries<RouteDescription>(ROUTES).flatMap(([route, { body }]) => (body ? [[requestName(route), body]] : [])),
  );

const answerSchemas = (): Readonly<Record<string, z.ZodMiniType>> =>
  Object.fromEntries(
    Object.entries<RouteDescription>(ROUTES).flatMap(([route, { responses }]) =>
      Object.values(responses).flatMap(({ schema }) => (schema ? [[answerName(route, schema), schema]] : [])),
    ),
  );

/** Describes a field of a problem. */
const problemField = (name: string, type: 'string' | 'integer', more: Json = {}): readonly [string, Json] => {
  const field = FIELDS[`Problem.${name}`] ?? FIELDS[name];
  return [name, { type, ...more, description: field?.description, examples: [field?.example] }];
};

const PROBLEM_SCHEMA: Json = {
  type: 'object',
  description: 'RFC 9457 problem details.',
  properties: Object.fromEntries([
    problemField('type', 'string'),
    problemField('title', 'string'),
    problemField('status', 'integer'),
    problemField('code', 'string', { enum: Object.keys(PROBLEMS) }),
    problemField('detail', 'string'),
    problemField('instance', 'string'),
  ]),
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
};
