import type { FunctionDefinition } from './function-definition.ts';
import { AUTHENTICATE, ROUTE_LIMITS } from './grants.ts';

/** Functions of notification settings and of the messages to members. */
export const NOTIFICATION_FUNCTIONS = {
  'set-notifications': {
    ...ROUTE_LIMITS,
    routes: ['PUT /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['GetItem', 'UpdateItem'] },
    secrets: ['keys'],
    mail: 'known',
    impact: 'Members cannot change their notifications, nor enable a disabled webhook again.',
  },
  'get-notifications': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['GetItem'] },
    impact: 'Members cannot see their notification settings, nor whether their webhook works.',
  },
  'delete-notifications': {
    ...ROUTE_LIMITS,
    routes: ['DELETE /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['DeleteItem'] },
    impact: 'Members still get notifications that they have turned off.',
  },
  notify: {
    onEvents: true,
    // A webhook may take 15 s to answer; the mail is sent at the same time. If the answer disables the webhook, a second mail
    // tells the member.
    timeoutSeconds: 60,
    memoryMB: 512,
    tables: {
      notifications: ['GetItem', 'UpdateItem'],
      messages: ['PutItem', 'UpdateItem', 'Query'],
      prebookings: ['Query'],
      tombstones: ['GetItem'],
    },
    secrets: ['keys'],
    mail: 'sends',
    settings: ['BOX_TIMEZONES'],
    impact: 'Members are not notified of the outcomes of their pre-bookings; they have to look for themselves.',
  },
  'retry-notifications': {
    everyMinute: true,
    timeoutSeconds: 55,
    memoryMB: 512,
    tables: {
      notifications: ['GetItem', 'UpdateItem'],
      messages: ['PutItem', 'UpdateItem', 'Query'],
      'messages/due': ['Query'],
    },
    secrets: ['keys'],
    mail: 'sends',
    impact: 'Members whose webhook failed for a moment never get the messages that it missed.',
  },
} as const satisfies Record<string, FunctionDefinition>;
