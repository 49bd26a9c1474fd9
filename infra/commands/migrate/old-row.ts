import * as z from 'zod/mini';
import type { Cookie } from '../../../lib/aimharder/cookies.ts';
import { DeviceFingerprint, Email } from '../../../lib/http/fields.ts';
import { DAY, type Instant } from '../../../lib/platform/clock.ts';
import { toIso } from '../../../lib/platform/dynamodb.ts';
import { DEVICE_LIFETIME, type SessionType } from '../../../lib/sessions/session.ts';

/** A row of the predecessor's Postgres table `auth_sessions`, as far as this service needs it. */
export type OldSession = {
  readonly email: string;
  readonly sessionType: SessionType;
  /** False for a row without `session_type`, from before the predecessor had two sessions per member. */
  readonly typed: boolean;
  /** As in the row. A background session's may differ from the one this service computes, if the salts differ. */
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

/** The largest token, and the largest cookies, in bytes. Encrypted, both together fit into a DynamoDB item (400 kB). */
const MAX_BYTES = 100_000;
const fits = (text: string): boolean => Buffer.byteLength(text) <= MAX_BYTES;

const absent = (value: unknown): boolean => value === undefined || value === null || value === '';
const Absent = z.pipe(
  z.unknown().check(z.refine(absent, 'nothing')),
  z.transform(() => null),
);
/** A timestamp of Postgres or ISO 8601. Without an offset it is UTC. */
const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(?:Z|([+-]\d{2})(?::?(\d{2}))?)?$/;
const Timestamp = z
  .pipe(z.string({ error: 'a time' }), z.transform(toInstant))
  .check(z.refine((instant: number) => !Number.isNaN(instant), 'a time'));
/** The characters of a Cookie header (RFC 6265), a few more allowed. */
const inHeader = (least: number) =>
  z.string().check(z.regex(/^[\x20-\x3a\x3c-\x7e]*$/, 'a cookie'), z.minLength(least, 'a cookie'));
const Cookies = z.array(z.object({ name: inHeader(1), value: inHeader(0) }), {
  error: 'a list of name and value',
});

/** Postgres exports jsonb as text in CSV, and as itself in JSON. */
const JsonCookies = z.pipe(
  z.transform((value: unknown) => (typeof value === 'string' ? parseOrUndefined(value) : value)),
  Cookies.check(z.refine((cookies: unknown) => fits(JSON.stringify(cookies)), 'at most 100 kB')),
);

const expectedCount = 'a whole number from 0 on';
/** Postgres exports a number as text in CSV. */
const Count = z
  .pipe(
    z.union([z.number(), z.string().check(z.regex(/^\d+$/))], { error: expectedCount }),
    z.transform((count: number | string) => Number(count)),
  )
  .check(z.refine((count: number) => Number.isSafeInteger(count) && count >= 0, expectedCount));

const LONGEST_FINGERPRINT = 256;

const Row = z.object({
  user_email: Email,
  aimharder_token: z.string({ error: 'a token' }).check(z.minLength(1, 'a token'), z.refine(fits, 'at most 100 kB')),
  aimharder_cookies: JsonCookies,
  fingerprint: z.optional(
    z.union([Absent, z.string().check(z.maxLength(LONGEST_FINGERPRINT, 'at most 256 characters'))], {
      error: 'a text',
    }),
  ),
  session_type: z.optional(z.union([Absent, z.enum(['background', 'device'])], { error: '"background" or "device"' })),
  created_at: Timestamp,
  updated_at: Timestamp,
  last_token_update_date: z.optional(z.union([Absent, Timestamp], { error: 'a time' })),
  token_update_count: z.optional(z.union([Absent, Count], { error: expectedCount })),
});

const TIMES = ['created_at', 'updated_at', 'last_token_update_date'] as const;

/**
 * Decodes one row. A row without `session_type` (from before the predecessor had two sessions per member) becomes the
 * background session, because pre-bookings need that one.
 */
export function decodeOldRow(value: unknown, now: Instant): DecodedRow {
  const row = Row.safeParse(value);
  // The reason quotes no value: values are tokens and cookies.
  if (!row.success)
    return {
      kind: 'refused',
      reason: row.error.issues.map(({ path, message }) => `${String(path[0] ?? 'row')}: ${message}`).join('; '),
    };
  const { data } = row;
  const sessionType = data.session_type ?? 'background';
  const fingerprint = data.fingerprint ?? null;
  if (sessionType === 'device' && now - data.created_at >= DEVICE_LIFETIME) return { kind: 'expired' };
  if (sessionType === 'device' && !DeviceFingerprint.safeParse(fingerprint).success)
    return { kind: 'refused', reason: 'fingerprint: 8 to 64 letters, digits, "-" or "_", not starting with "bg-"' };
  // A row dated in the future would count as the newest for ever.
  const ahead = TIMES.filter((name) => (data[name] ?? 0) > now + DAY);
  if (ahead.length > 0) return { kind: 'refused', reason: ahead.map((name) => `${name}: is in the future`).join('; ') };
  return {
    kind: 'session',
    session: {
      email: data.user_email,
      sessionType,
      typed: (data.session_type ?? null) !== null,
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

/** @returns NaN for no time. Date.parse alone reads a bare number as a year, and 30 February as 2 March. */
function toInstant(text: string): Instant {
  const [, day = '', time, hours = '+00', minutes = '00'] = TIME.exec(text) ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !toIso(midnight).startsWith(day)) return Number.NaN;
  return Date.parse(`${day}T${time}${hours}:${minutes}`);
}
