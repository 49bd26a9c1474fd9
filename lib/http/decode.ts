import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { AppError } from '../platform/errors.ts';

/** Largest body a route reads, in bytes. No request of this API comes near it. */
const MAX_BODY_BYTES = 64_000;

/** What a route accepts of each part of a request; of a part that it leaves out, nothing. */
export type Accepted = {
  readonly path?: z.ZodMiniType;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
};

const Nothing = z.strictObject({});
const Bare = z.strictObject({ path: Nothing, query: Nothing, body: Nothing });

/** The schema of the requests that a route accepts. */
export const requestSchema = <Parts extends Accepted>(accepted: Parts) => z.extend(Bare, accepted);

/** What such a request says, decoded. */
export type Decoded<Parts extends Accepted> = z.output<ReturnType<typeof requestSchema<Parts>>>;

/** @throws AppError payload-too-large, or invalid-request naming every field at fault, never its value. */
export function decode<Schema extends z.core.$ZodType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
): z.output<Schema> {
  const { pathParameters: path = {}, queryStringParameters: query = {} } = event;
  const decoded = z.safeParse(schema, { path, query, body: parseBody(event) });
  if (decoded.success) return decoded.data;
  throw new AppError('invalid-request', decoded.error.issues.map(faultOf).join('; '));
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

function faultOf(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return `${where}: unknown ${issue.keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')}`;
  return `${where}: ${issue.message}`;
}
