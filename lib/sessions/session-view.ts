import { isoOf } from '../platform/dynamodb.ts';
import type { Session } from './session.ts';

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
