import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { AppError } from '../platform/errors.ts';

/** Largest body that a route reads, in bytes. No valid request comes near it. */
const MAX_BODY_BYTES = 64_000;

/** What a route accepts in each part of a request. A part that is left out has to be empty. */
export type Accepted = {
  readonly path?: z.ZodMiniType;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
};

const Nothing = z.strictObject({});
const Bare = z.strictObject({ path: Nothing, query: Nothing, body: Nothing });

/** Builds the schema of the requests that a route accepts. */
export const requestSchema = <Parts extends Accepted>(accepted: Parts) => z.extend(Bare, accepted);

/** The decoded parts of such a request. */
export type Decoded<Parts extends Accepted> = z.output<ReturnType<typeof requestSchema<Parts>>>;

/** Decodes a request. @throws AppError payload-too-large; invalid-request, which names each wrong field, never its value. */
export function decode<Schema extends z.core.$ZodType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
): z.output<Schema> {
  // Function URLs, and gateways other than API Gateway, send null instead of leaving a part out.
  const { pathParameters, queryStringParameters } = event;
  const parts = { path: pathParameters ?? {}, query: queryStringParameters ?? {}, body: parseBody(event) };
  const decoded = z.safeParse(schema, parts);
  if (decoded.success) return decoded.data;
  throw new AppError('invalid-request', decoded.error.issues.map(describeIssue).join('; '));
}

function parseBody(event: APIGatewayProxyEventV2): unknown {
  const raw = event.body ?? '';
  const bytes = Buffer.from(raw, event.isBase64Encoded ? 'base64' : 'utf8');
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
  const where = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return `${where}: unknown ${issue.keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')}`;
  return `${where}: ${issue.message}`;
}
