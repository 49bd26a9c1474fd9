import * as z from 'zod/mini';
import { toIso } from '../platform/dynamodb.ts';
import type { Session } from './session.ts';

// The schema serves only the OpenAPI document. The call that makes it is marked as pure, so that esbuild leaves it out of
// the functions' bundles.

/** A session in a response. */
export const SessionView = /* @__PURE__ */ (() =>
  z.strictObject({
    fingerprint: z.string(),
    sessionType: z.enum(['device', 'background']),
    protected: z.boolean(),
    state: z.enum(['active', 'login-required']),
    deviceName: z.nullable(z.string()),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    lastTokenUpdateAt: z.iso.datetime(),
    tokenUpdateCount: z.int(),
    expiresAt: z.nullable(z.iso.datetime()),
    current: z.boolean(),
  }))();

type SessionView = z.output<typeof SessionView>;

/**
 * Builds the view of a session field by field, so that no new attribute of the item is shown by accident.
 *
 * @param currentFingerprint the fingerprint of the caller's own session.
 */
export function sessionView(session: Session, currentFingerprint: string): SessionView {
  return {
    fingerprint: session.fingerprint,
    sessionType: session.sessionType,
    protected: session.protected,
    // An ended session is never read (`SessionStore`), so any other state is `login-required`.
    state: session.state === 'active' ? 'active' : 'login-required',
    deviceName: session.sessionType === 'device' ? session.deviceName : null,
    createdAt: toIso(session.createdAt),
    updatedAt: toIso(session.updatedAt),
    lastTokenUpdateAt: toIso(session.lastTokenUpdateAt),
    tokenUpdateCount: session.tokenUpdateCount,
    expiresAt: session.sessionType === 'device' ? toIso(session.expiresAt) : null,
    current: session.fingerprint === currentFingerprint,
  };
}
