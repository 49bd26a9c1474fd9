import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { AppError } from '../platform/errors.ts';
import type { Reply } from './api.ts';
import { matches } from './conditional.ts';

/** A file that a function serves from its bundle. infra/bundle/bundle-page.ts compresses it when the function is built. */
export type ServedFile = {
  readonly contentType: string;
  /** The tag of the content, in quotes. */
  readonly etag: string;
  /** Whether the file's name changes with its content, so that browsers may keep it for a year. */
  readonly immutable: boolean;
  /** The content, compressed with each encoding, in base64. */
  readonly brotli: string;
  readonly gzip: string;
};

const YEAR_IN_SECONDS = 31_536_000;

/**
 * Answers with a file, in the best encoding that the caller takes; or with 304 if the caller has it already.
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
    'cache-control': file.immutable ? `public, max-age=${YEAR_IN_SECONDS}, immutable` : 'no-cache',
    ...extraHeaders,
  };
  if (matches(headers['if-none-match'] ?? '', file.etag)) return { status: 304, headers: common };
  const accepted = acceptedEncodings(headers['accept-encoding']);
  const described = { ...common, 'content-type': file.contentType };
  if (accepted.has('br'))
    return { status: 200, base64: file.brotli, headers: { ...described, 'content-encoding': 'br' } };
  if (accepted.has('gzip'))
    return { status: 200, base64: file.gzip, headers: { ...described, 'content-encoding': 'gzip' } };
  const base64 = gunzipSync(Buffer.from(file.gzip, 'base64')).toString('base64');
  return { status: 200, base64, headers: described };
}

/** Reads the encodings that a caller takes. `q=0` means that the caller does not take one (RFC 9110, "Accept-Encoding"). */
function acceptedEncodings(header = ''): ReadonlySet<string> {
  const named = header.split(',').map((one) => one.split(';').map((part) => part.trim().toLowerCase()));
  return new Set(named.flatMap(([name = '', quality]) => (/^q=0(?:\.0*)?$/.test(quality ?? '') ? [] : [name])));
}
