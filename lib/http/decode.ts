import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { AppError } from '../platform/errors.ts';

/** Largest body a route reads, in bytes. No request of this API comes near it. */
const MAX_BODY_BYTES = 64_000;

/** @throws AppError payload-too-large, or invalid-request naming every field at fault, never its value. */
export function decodeBody<Schema extends z.core.$ZodType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
): z.output<Schema> {
  return decode(parseBody(event), schema, 'body');
}

/** @throws AppError invalid-request. */
export function decodeQuery<Schema extends z.core.$ZodType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
): z.output<Schema> {
  return decode(event.queryStringParameters ?? {}, schema, 'query');
}

/** @throws AppError invalid-request. */
export function decodePath<Schema extends z.core.$ZodType>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
): z.output<Schema> {
  return decode(event.pathParameters ?? {}, schema, 'path');
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

function decode<Schema extends z.core.$ZodType>(value: unknown, schema: Schema, where: string): z.output<Schema> {
  const decoded = z.safeParse(schema, value);
  if (decoded.success) return decoded.data;
  const faults = decoded.error.issues.map((issue) => faultOf(issue, where));
  throw new AppError('invalid-request', faults.join('; '));
}

function faultOf(issue: z.core.$ZodIssue, where: string): string {
  if (issue.code === 'unrecognized_keys')
    return `${where}: unknown ${issue.keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')}`;
  return `${[where, ...issue.path].join('.')}: ${issue.message}`;
}
