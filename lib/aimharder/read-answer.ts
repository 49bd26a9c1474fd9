import type http from 'node:http';
import { type Instant, SECOND } from '../platform/clock.ts';
import { UpstreamFailure } from './upstream-failure.ts';

/** Largest body that is read, in bytes. A day's timetable has some tens of kB (README, "Hosts"). */
const MAX_BODY_BYTES = 2_000_000;

/** Reads the whole body of an answer. @throws UpstreamFailure upstream-rejected if the body is too large. */
export async function readBody(incoming: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) {
      incoming.destroy();
      throw new UpstreamFailure('upstream-rejected', 'AimHarder sent an answer that is far too large.', {
        mayHaveTakenEffect: true,
      });
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads the parts of an answer's head that this service uses. */
export function readHead({ statusCode = 0, headers }: http.IncomingMessage) {
  const date = Date.parse(headers.date ?? '');
  return {
    status: statusCode,
    contentType: headers['content-type'] ?? '',
    setCookies: headers['set-cookie'] ?? [],
    // An answer with `Age` comes from a cache: its `Date` does not show the server's clock.
    date: Number.isNaN(date) || headers.age !== undefined ? undefined : date,
    retryAfter: readRetryAfter(headers['retry-after'], date),
  };
}

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3): whole seconds, or a date, compared with the answer's `Date`.
 *
 * @returns milliseconds; undefined if there is nothing to wait for, or the header cannot be read.
 */
function readRetryAfter(text: string | undefined, date: Instant): number | undefined {
  if (text === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * SECOND : Date.parse(text) - date;
  return wait > 0 ? wait : undefined;
}
