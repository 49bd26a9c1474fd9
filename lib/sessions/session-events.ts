import type { ServiceEvent } from '../events/event-schemas.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { BackgroundSession } from './session.ts';

/**
 * Builds the event of a dead session. The token version stays the same while the session is dead, so the event has the same id if
 * it is published twice. `since` is the session's `updatedAt`, because its last update marked it dead.
 */
export const loginRequired = ({ email, tokenVersion, updatedAt }: BackgroundSession): ServiceEvent => ({
  type: 'Session LoginRequired',
  detail: { version: '1', eventId: tokenVersion, email, since: toIso(updatedAt) },
});
