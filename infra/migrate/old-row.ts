import * as z from 'zod/mini';
import type { Cookie } from '../../lib/aimharder/cookies.ts';
import { Email } from '../../lib/http/fields.ts';
import { DAY, type Instant } from '../../lib/platform/clock.ts';
import { isDeviceFingerprint } from '../../lib/sessions/fingerprint.ts';
import { DEVICE_LIFETIME, type SessionType } from '../../lib/sessions/session.ts';

/** A row of the predecessor's Postgres table `auth_sessions`, as far as this service needs it. */
export type OldSession = {
  readonly email: string;
  readonly sessionType: SessionType;
  /** A background row's own; it may differ from the one this service computes, if the salts differ. */
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
  /** A device session whose seven days are over. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'refused'; readonly reason: string };

const absent = (value: unknown): boolean => value === undefined || value === null || value === '';
const Absent = z.pipe(
  z.unknown().check(z.refine(absent, 'nothing')),
  z.transform(() => null),
);
const Timestamp = z
  .pipe(
    z.string({ error: 'a time' }),
    z.transform((text: string) =>
      Date.parse(
        /(?:Z|[+-]\d{2}(?::?\d{2})?)$/.test(text)
          ? text.replace(/([+-]\d{2})$/, '$1:00')
          : `${text.replace(' ', 'T')}Z`,
      ),
    ),
  )
  .check(z.refine((instant: number) => !Number.isNaN(instant), 'a time'));
/** What may stand in a Cookie header (RFC 6265), a little more kindly. */
const inHeader = (least: number) =>
  z.string().check(z.regex(/^[\x20-\x3a\x3c-\x7e]*$/, 'a cookie'), z.minLength(least, 'a cookie'));
const Cookies = z.array(z.object({ name: inHeader(1), value: inHeader(0) }), {
  error: 'a list of name and value',
});

/** Postgres exports jsonb as text in CSV, and as itself in JSON. */
const JsonCookies = z.pipe(
  z.transform((value: unknown) => (typeof value === 'string' ? parsed(value) : value)),
  Cookies,
);

const Row = z.object({
  user_email: Email,
  aimharder_token: z.string({ error: 'a token' }).check(z.minLength(1, 'a token')),
  aimharder_cookies: JsonCookies,
  fingerprint: z.optional(z.union([Absent, z.string()])),
  session_type: z.optional(z.union([Absent, z.enum(['background', 'device'])], { error: '"background" or "device"' })),
  created_at: Timestamp,
  updated_at: Timestamp,
  last_token_update_date: z.optional(z.union([Absent, Timestamp])),
  token_update_count: z.optional(z.union([Absent, z.coerce.number({ error: 'a number' })])),
});

/**
 * Reads one row. Before the predecessor had two sessions per member its rows had no `session_type`: such a row did the
 * work of both, and becomes the background session, because that is the one pre-bookings need.
 */
export function decodeOldRow(value: unknown, now: Instant): DecodedRow {
  const row = Row.safeParse(value);
  // Only what was expected is said: the values are tokens and cookies.
  if (!row.success)
    return {
      kind: 'refused',
      reason: row.error.issues.map(({ path, message }) => `${String(path[0] ?? 'row')}: ${message}`).join('; '),
    };
  const { data } = row;
  const sessionType = data.session_type ?? 'background';
  const fingerprint = data.fingerprint ?? null;
  if (sessionType === 'device' && now - data.created_at >= DEVICE_LIFETIME) return { kind: 'expired' };
  if (
    sessionType === 'device' &&
    !(fingerprint !== null && /^[A-Za-z0-9_-]{8,64}$/.test(fingerprint) && isDeviceFingerprint(fingerprint))
  ) {
    return { kind: 'refused', reason: 'fingerprint: 8 to 64 letters, digits, "-" or "_", not starting with "bg-"' };
  }
  if (data.created_at > now + DAY) return { kind: 'refused', reason: 'created_at: lies ahead' };
  return {
    kind: 'session',
    session: {
      email: data.user_email,
      sessionType,
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
