import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { AppError } from '../platform/errors.ts';
import type { Reply } from './api.ts';
import { matches } from './conditional.ts';

/** A file that a function serves from its bundle. infra/bundle/bundle-page.ts compresses it when the function is built. */
export type ServedFile = {
  readonly contentType: string;
  /** The entity tag (ETag) of the content, with its quotes. */
  readonly etag: string;
  /** Whether the file's name changes with its content, so that browsers may keep it for a year. */
  readonly isImmutable: boolean;
  /** The content, compressed with each encoding, in base64. */
  readonly brotli: string;
  readonly gzip: string;
};

const YEAR_IN_SECONDS = 31_536_000;

/**
 * Answers with a file, in the smallest encoding that the caller accepts; or with 304 if the caller already has the file.
 *
 * @throws AppError `not-found` if there is no such file.
 */
export function fileReply(
  { headers }: APIGatewayProxyEventV2,
  file: ServedFile | undefined,
  extraHeaders: Readonly<Record<string, string>> = {},
): Reply {
  if (!file) throw new AppError('not-found', 'No such file.');
  const common = {
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.isImmutable ? `public, max-age=${YEAR_IN_SECONDS}, immutable` : 'no-cache',
    ...extraHeaders,
  };
  if (matches(headers['if-none-match'] ?? '', file.etag)) return { status: 304, headers: common };
  const accepted = acceptedEncodings(headers['accept-encoding']);
  const withType = { ...common, 'content-type': file.contentType };
  if (accepted.has('br'))
    return { status: 200, base64: file.brotli, headers: { ...withType, 'content-encoding': 'br' } };
  if (accepted.has('gzip'))
    return { status: 200, base64: file.gzip, headers: { ...withType, 'content-encoding': 'gzip' } };
  const base64 = gunzipSync(Buffer.from(file.gzip, 'base64')).toString('base64');
  return { status: 200, base64, headers: withType };
}

/** Reads the encodings that a caller accepts. An entry with `q=0` refuses its encoding (RFC 9110, "Accept-Encoding"). */
function acceptedEncodings(header = ''): ReadonlySet<string> {
  const entries = header.split(',').map((entry) => entry.split(';').map((part) => part.trim().toLowerCase()));
  const accepted = entries.filter(([, quality = '']) => !/^q=0(?:\.0*)?$/.test(quality));
  return new Set(accepted.map(([name = '']) => name));
}
