import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Reply } from './api.ts';

/** Answers with a text, or with 304 if the caller already has that text (RFC 9110, "If-None-Match"). */
export function conditionalReply(
  event: APIGatewayProxyEventV2,
  text: string,
  { contentType, cacheControl }: { readonly contentType: string; readonly cacheControl: string },
): Reply {
  const etag = `"${createHash('sha256').update(text).digest('base64url')}"`;
  const headers = { etag, 'cache-control': cacheControl };
  if (matches(event.headers['if-none-match'] ?? '', etag)) return { status: 304, headers };
  return { status: 200, text, headers: { ...headers, 'content-type': contentType } };
}

/**
 * Checks whether the caller has the text with this tag; `*` stands for any text. Ignores `W/` before a tag: a proxy adds it when
 * it compresses the text (RFC 9110).
 */
export const matches = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
