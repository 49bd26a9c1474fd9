import { toIso } from '../platform/dynamodb.ts';
import type { Session } from './session.ts';

/** The session as its member may see it (the HTTP contract's `Session`): chosen field by field. */
export function sessionView(session: Session, currentFingerprint: string) {
  return {
    fingerprint: session.fingerprint,
    sessionType: session.sessionType,
    protected: session.protected,
    state: session.state,
    deviceName: session.sessionType === 'device' ? session.deviceName : null,
    createdAt: toIso(session.createdAt),
    updatedAt: toIso(session.updatedAt),
    lastTokenUpdateAt: toIso(session.lastTokenUpdateAt),
    tokenUpdateCount: session.tokenUpdateCount,
    expiresAt: session.sessionType === 'device' ? toIso(session.expiresAt) : null,
    current: session.fingerprint === currentFingerprint,
  };
}
