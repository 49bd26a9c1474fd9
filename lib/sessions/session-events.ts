import type { ServiceEvent } from '../events/event-schemas.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { BackgroundSession } from './session.ts';

/** A dead session changes no more: it was updated last when AimHarder was seen to have ended it. */
export const loginRequired = ({ email, tokenVersion, updatedAt }: BackgroundSession): ServiceEvent => ({
  type: 'Session LoginRequired',
  detail: { version: '1', eventId: tokenVersion, email, since: toIso(updatedAt) },
});
