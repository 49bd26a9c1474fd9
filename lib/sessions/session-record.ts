import * as z from 'zod/mini';
import { isoOf } from '../platform/dynamodb.ts';
import type { Session } from './session.ts';

const StoredInstant = z
  .pipe(
    z.string(),
    z.transform((iso: string) => Date.parse(iso)),
  )
  .check(z.refine((instant: number) => Number.isFinite(instant), 'an instant'));

const OptionalInstant = z.pipe(
  z.optional(StoredInstant),
  z.transform((instant: number | undefined) => instant ?? null),
);
const OptionalText = z.pipe(
  z.optional(z.nullable(z.string())),
  z.transform((text: string | null | undefined) => text ?? null),
);

const common = {
  email: z.string(),
  fingerprint: z.string(),
  protected: z.boolean(),
  state: z.enum(['active', 'login-required', 'ended']),
  token: z.string(),
  cookies: z.string(),
  loginFingerprint: OptionalText,
  tokenVersion: z.string(),
  createdAt: StoredInstant,
  updatedAt: StoredInstant,
  lastTokenUpdateAt: StoredInstant,
  tokenUpdateCount: z.number(),
  lastTokenUpdateError: OptionalText,
  refreshingUntil: OptionalInstant,
  boxes: z.array(z.object({ box: z.string(), boxId: z.string(), name: z.string() })),
};

const SessionItem = z.discriminatedUnion('sessionType', [
  z.object({
    ...common,
    sessionType: z.literal('device'),
    accessTokenHash: OptionalText,
    deviceName: OptionalText,
    expiresAt: z.number(),
  }),
  z.object({
    ...common,
    sessionType: z.literal('background'),
    holdUntil: OptionalInstant,
    untold: z._default(z.boolean(), false),
    loggedInAt: OptionalInstant,
  }),
]);

/** @throws ZodError when the table holds something that is not a session. */
export function decodeSession(item: unknown): Session {
  const { token, cookies, ...session } = SessionItem.parse(item);
  const sealed = { sealedToken: token, sealedCookies: cookies };
  if (session.sessionType === 'background') return { ...session, ...sealed };
  return { ...session, ...sealed, expiresAt: session.expiresAt * 1_000 };
}

/** The session as its member may see it (the HTTP contract's `Session`): chosen field by field. */
export function describeSession(session: Session, currentFingerprint: string) {
  return {
    fingerprint: session.fingerprint,
    sessionType: session.sessionType,
    protected: session.protected,
    state: session.state,
    deviceName: session.sessionType === 'device' ? session.deviceName : null,
    createdAt: isoOf(session.createdAt),
    updatedAt: isoOf(session.updatedAt),
    lastTokenUpdateAt: isoOf(session.lastTokenUpdateAt),
    tokenUpdateCount: session.tokenUpdateCount,
    expiresAt: session.sessionType === 'device' ? isoOf(session.expiresAt) : null,
    current: session.fingerprint === currentFingerprint,
  };
}
