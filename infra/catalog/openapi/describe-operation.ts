import * as z from 'zod/mini';
import { PROBLEMS } from '../../../lib/http/problem.ts';
import type { ErrorCode } from '../../../lib/platform/errors.ts';
import { COMPONENTS } from './components.ts';
import { PROBLEM_HEADERS, referToHeaders } from './headers.ts';
import { findField, type Json, referTo, toJsonSchemas } from './json-schemas.ts';
import { CURSORS, OPERATIONS, type OperationDescription } from './operations.ts';
import type { ResponseDescription, RouteDescription } from './route-description.ts';
import { PUBLIC_ROUTES } from './routes.ts';

/** The problems that any route may answer, because they come from lib/http. */
const COMMON_PROBLEMS: readonly ErrorCode[] = [
  'invalid-request',
  'payload-too-large',
  'internal',
  'unavailable',
  'upstream-timeout',
];

/** The problems that any route that needs an access token may answer. */
const MEMBER_PROBLEMS: readonly ErrorCode[] = ['unauthenticated', 'too-many-requests'];

/** Finds the description of a route; for a HEAD route, that of its GET route. Without one, makes the id from the route. */
function findOperation(route: string): OperationDescription {
  const known = OPERATIONS[route.replace(/^HEAD /, 'GET ')];
  // `GET /v1/boxes` becomes `getV1Boxes`.
  const id = known?.id ?? route.toLowerCase().replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { description: '', ...known, id: route.startsWith('HEAD ') ? `${id}Head` : id };
}

const capitalize = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1);

/** Names the schema of an operation's body. */
export const requestName = (route: string): string => `${capitalize(findOperation(route).id)}Request`;

/** The component names by schema. */
const COMPONENT_NAMES = new Map<z.ZodMiniType, string>(Object.entries(COMPONENTS).map(([id, schema]) => [schema, id]));

/** Names the schema of an answer: after the component that has this schema, or else after the operation. */
export const answerName = (route: string, schema: z.ZodMiniType): string =>
  COMPONENT_NAMES.get(schema) ?? `${capitalize(findOperation(route).id)}Answer`;

/** Describes what a route accepts and answers. */
export function describeOperation(route: string, description: RouteDescription): Json {
  const { summary, tag, path, query, body, responses } = description;
  const { id, description: text, body: example } = findOperation(route);
  const parameters = [...describeParameters(id, 'path', path), ...describeParameters(id, 'query', query)];
  return {
    operationId: id,
    summary,
    ...(text && { description: text }),
    tags: [tag],
    ...(PUBLIC_ROUTES.has(route) && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        description: 'The request. Fields that the service does not know are refused.',
        content: { 'application/json': { schema: { $ref: referTo(requestName(route)) }, ...(example && { example }) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [status, describeResponse(route, response)]),
      ),
      ...describeProblems(route, description),
    },
  };
}

function describeResponse(route: string, response: ResponseDescription): Json {
  const { description, schema, contentType, headers = [] } = response;
  const content = schema
    ? { 'application/json': { schema: { $ref: referTo(answerName(route, schema)) } } }
    : contentType && { [contentType]: { schema: { type: 'string' } } };
  return { description, ...referToHeaders(headers), ...(content && { content }) };
}

type StatusAndCode = { readonly status: number; readonly code: ErrorCode };

/** Lists the problems that a route may answer, each with its status. */
function listProblems(route: string, { problems }: RouteDescription): readonly StatusAndCode[] {
  const isPublic = PUBLIC_ROUTES.has(route);
  const codes: readonly ErrorCode[] = [...COMMON_PROBLEMS, ...(isPublic ? [] : MEMBER_PROBLEMS), ...problems];
  return [...new Set(codes)].flatMap((code) => {
    const { status } = PROBLEMS[code];
    // The status is 401 if AimHarder has ended the caller's own session: the client has to log in again.
    const hasSecondStatus = code === 'login-required' && !isPublic;
    return [...(hasSecondStatus ? [{ status: 401, code }] : []), { status, code }];
  });
}

function describeProblems(route: string, description: RouteDescription): Json {
  const byStatus = Map.groupBy(listProblems(route, description), ({ status }) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, problems]) => [
      status,
      describeProblemResponse(
        status,
        problems.map(({ code }) => code),
      ),
    ]),
  );
}

const describeProblemResponse = (status: number, codes: readonly ErrorCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
  ...referToHeaders(PROBLEM_HEADERS[status] ?? []),
  content: {
    'application/problem+json': {
      schema: { allOf: [{ $ref: referTo('Problem') }, { properties: { code: { enum: codes } } }] },
    },
  },
});

/** Decodes the JSON schema of an object: its fields, and the names of the required ones. */
const ObjectSchema = z.object({
  properties: z._default(z.record(z.string(), z.looseObject({ examples: z.optional(z.array(z.unknown())) })), {}),
  required: z._default(z.array(z.string()), []),
});

/** Describes an operation's parameters. The schema describes the values to which the texts of a path or a query are decoded. */
function describeParameters(
  id: string,
  location: 'path' | 'query',
  schema: z.ZodMiniType | undefined,
): readonly Json[] {
  if (!schema) return [];
  const name = capitalize(id);
  const { properties, required } = ObjectSchema.parse(toJsonSchemas({ [name]: schema }, 'input')[name] ?? {});
  return Object.entries(properties).map(([parameter, { description, examples, default: defaultValue, ...rest }]) => {
    const field = findField([name, parameter]);
    const example = parameter === 'cursor' ? CURSORS[id] : field?.example;
    return {
      name: parameter,
      in: location,
      required: location === 'path' || (required.includes(parameter) && defaultValue === undefined),
      ...(description !== undefined && { description }),
      // No parameter can be null, so the schema's own example replaces null.
      ...(example !== undefined && { example: example ?? examples?.[0] }),
      schema: { ...rest, ...field?.schema },
    };
  });
}
