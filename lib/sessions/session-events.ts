import type { ServiceEvent } from '../events/event-schemas.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { BackgroundSession } from './session.ts';

/** Builds the event of a dead session. The session's last update was the write that marked it dead, so `since` is its `updatedAt`. */
export const loginRequired = ({ email, tokenVersion, updatedAt }: BackgroundSession): ServiceEvent => ({
  type: 'Session LoginRequired',
  detail: { version: '1', eventId: tokenVersion, email, since: toIso(updatedAt) },
});
