import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { AppError } from '../platform/errors.ts';

/** The largest body that a route accepts, in bytes. Valid requests are much smaller. */
const MAX_BODY_BYTES = 64_000;

/** How many characters of an unknown key an error message repeats. */
const LONGEST_KEY_SHOWN = 40;

/** The schema of each part of a request. A part without a schema must be empty. */
export type RequestSchemas = {
  readonly path?: z.ZodMiniType;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
};

const EmptyPart = z.strictObject({});
const EmptyRequest = z.strictObject({ path: EmptyPart, query: EmptyPart, body: EmptyPart });

/** Builds the schema of the requests that a route accepts. */
export const requestSchema = <Schemas extends RequestSchemas>(schemas: Schemas) => z.extend(EmptyRequest, schemas);

/** The decoded parts of a request that these schemas accept. */
export type DecodedRequest<Schemas extends RequestSchemas> = z.output<ReturnType<typeof requestSchema<Schemas>>>;

/** Decodes a request. @throws AppError payload-too-large; invalid-request, whose message names each wrong field but no value. */
export function decode<Schema extends z.core.$ZodType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
): z.output<Schema> {
  // Function URLs, and gateways other than API Gateway, send null for a part that is absent.
  const { pathParameters, queryStringParameters } = event;
  const parts = { path: pathParameters ?? {}, query: queryStringParameters ?? {}, body: parseBody(event) };
  const decoded = z.safeParse(schema, parts);
  if (decoded.success) return decoded.data;
  throw new AppError('invalid-request', decoded.error.issues.map(describeIssue).join('; '));
}

function parseBody(event: APIGatewayProxyEventV2): unknown {
  const body = event.body ?? '';
  const bytes = Buffer.from(body, event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new AppError('payload-too-large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  }
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new AppError('invalid-request', 'The body is not valid JSON.');
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return `${field}: unknown ${issue.keys.map((key) => JSON.stringify(key.slice(0, LONGEST_KEY_SHOWN))).join(', ')}`;
  return `${field}: ${issue.message}`;
}
