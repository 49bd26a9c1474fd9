import type { ServiceEvent } from '../events/event-schemas.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { BackgroundSession } from './session.ts';

/** Makes the event. The `updatedAt` of a dead session tells since when its member has to log in. */
export const loginRequired = ({ email, tokenVersion, updatedAt }: BackgroundSession): ServiceEvent => ({
  type: 'Session LoginRequired',
  detail: { version: '1', eventId: tokenVersion, email, since: toIso(updatedAt) },
});
