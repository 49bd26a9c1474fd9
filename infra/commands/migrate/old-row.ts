import * as z from 'zod/mini';
import type { Cookie } from '../../../lib/aimharder/cookies.ts';
import { DeviceFingerprint, Email } from '../../../lib/http/fields.ts';
import { DAY, type Instant } from '../../../lib/platform/clock.ts';
import { toIso } from '../../../lib/platform/dynamodb.ts';
import { DEVICE_LIFETIME, type SessionType } from '../../../lib/sessions/session.ts';

/**
 * The fields of a row in the predecessor's Postgres table `auth_sessions` that this service needs. An "untyped" row has no
 * `session_type`, because it is from a time when the predecessor had only one session per member.
 */
export type OldSession = {
  readonly email: string;
  readonly sessionType: SessionType;
  /** False for an untyped row. */
  readonly hasType: boolean;
  /** The row's fingerprint. For a background session, it differs from the fingerprint that this service computes if the salts differ. */
  readonly fingerprint: string | null;
  readonly token: string;
  readonly cookies: readonly Cookie[];
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly lastTokenUpdateAt: Instant | null;
  readonly tokenUpdateCount: number;
};

export type DecodedRow =
  | { readonly kind: 'session'; readonly session: OldSession }
  /** A device session older than seven days. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'refused'; readonly reason: string };

/** The largest token, and the largest cookies, in bytes: encrypted, both together fit into a DynamoDB item (400 kB). */
const MAX_BYTES = 100_000;
const isWithinLimit = (text: string): boolean => Buffer.byteLength(text) <= MAX_BYTES;

/** Checks whether a field has no value. Postgres exports NULL as an empty text in CSV, and as null in JSON. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';
const Absent = z.pipe(
  z.unknown().check(z.refine(isAbsent, 'nothing')),
  z.transform(() => null),
);
/** The forms of a timestamp in Postgres and ISO 8601. A timestamp without an offset is in UTC. */
const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(?:Z|([+-]\d{2})(?::?(\d{2}))?)?$/;
const Timestamp = z
  .pipe(z.string({ error: 'a time' }), z.transform(toInstant))
  .check(z.refine((instant: number) => !Number.isNaN(instant), 'a time'));
/** A text that a Cookie header can contain: printable ASCII without ';'. RFC 6265 allows a few characters less. */
const cookieText = (minLength: number) =>
  z.string().check(z.regex(/^[\x20-\x3a\x3c-\x7e]*$/, 'a cookie'), z.minLength(minLength, 'a cookie'));
const Cookies = z.array(z.object({ name: cookieText(1), value: cookieText(0) }), {
  error: 'a list of name and value',
});

/** Cookies, which Postgres exports as a JSON text in CSV, and as a list in JSON. */
const JsonCookies = z.pipe(
  z.transform((value: unknown) => (typeof value === 'string' ? parseOrUndefined(value) : value)),
  Cookies.check(z.refine((cookies: unknown) => isWithinLimit(JSON.stringify(cookies)), 'at most 100 kB')),
);

const COUNT_EXPECTED = 'a whole number from 0 on';
/** A number, which Postgres exports as text in CSV. */
const Count = z
  .pipe(
    z.union([z.number(), z.string().check(z.regex(/^\d+$/))], { error: COUNT_EXPECTED }),
    z.transform((count: number | string) => Number(count)),
  )
  .check(z.refine((count: number) => Number.isSafeInteger(count) && count >= 0, COUNT_EXPECTED));

const MAX_FINGERPRINT_LENGTH = 256;

const Row = z.object({
  user_email: Email,
  aimharder_token: z
    .string({ error: 'a token' })
    .check(z.minLength(1, 'a token'), z.refine(isWithinLimit, 'at most 100 kB')),
  aimharder_cookies: JsonCookies,
  fingerprint: z.optional(
    z.union([Absent, z.string().check(z.maxLength(MAX_FINGERPRINT_LENGTH, 'at most 256 characters'))], {
      error: 'a text',
    }),
  ),
  session_type: z.optional(z.union([Absent, z.enum(['background', 'device'])], { error: '"background" or "device"' })),
  created_at: Timestamp,
  updated_at: Timestamp,
  last_token_update_date: z.optional(z.union([Absent, Timestamp], { error: 'a time' })),
  token_update_count: z.optional(z.union([Absent, Count], { error: COUNT_EXPECTED })),
});

const TIME_COLUMNS = ['created_at', 'updated_at', 'last_token_update_date'] as const;

/** Decodes one row. An untyped row becomes the background session, because pre-bookings need that session. */
export function decodeOldRow(value: unknown, now: Instant): DecodedRow {
  const decoded = Row.safeParse(value);
  // The reason quotes no value, because values may be tokens and cookies.
  if (!decoded.success)
    return {
      kind: 'refused',
      reason: decoded.error.issues.map(({ path, message }) => `${String(path[0] ?? 'row')}: ${message}`).join('; '),
    };
  const { data } = decoded;
  const sessionType = data.session_type ?? 'background';
  const fingerprint = data.fingerprint ?? null;
  if (sessionType === 'device' && now - data.created_at >= DEVICE_LIFETIME) return { kind: 'expired' };
  if (sessionType === 'device' && !DeviceFingerprint.safeParse(fingerprint).success)
    return { kind: 'refused', reason: 'fingerprint: 8 to 64 letters, digits, "-" or "_", not starting with "bg-"' };
  // A row with a date in the future would count as the newest for ever. A date up to a day ahead may only lack its offset.
  const future = TIME_COLUMNS.filter((column) => (data[column] ?? 0) > now + DAY);
  if (future.length > 0)
    return { kind: 'refused', reason: future.map((column) => `${column}: is in the future`).join('; ') };
  return {
    kind: 'session',
    session: {
      email: data.user_email,
      sessionType,
      hasType: (data.session_type ?? null) !== null,
      fingerprint,
      token: data.aimharder_token,
      cookies: data.aimharder_cookies,
      createdAt: data.created_at,
      updatedAt: data.updated_at,
      lastTokenUpdateAt: data.last_token_update_date ?? null,
      tokenUpdateCount: data.token_update_count ?? 0,
    },
  };
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses a time. `Date.parse` alone would read a number as a year, and 30 February as 2 March. @returns NaN if it is no time. */
function toInstant(text: string): Instant {
  const [, day = '', time, offsetHours = '+00', offsetMinutes = '00'] = TIME.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !toIso(midnight).startsWith(day)) return Number.NaN;
  return Date.parse(`${day}T${time}${offsetHours}:${offsetMinutes}`);
}
