import type { FunctionDefinition } from './function-definition.ts';
import { AUTHENTICATE, ROUTE_LIMITS } from './grants.ts';

/** The settings of functions that send messages: where the page is that they link to, and one's own ntfy. */
const DELIVERY_SETTINGS = ['PUBLIC_URL', 'NOTIFY_PRIVATE_HOSTS'] as const;

/** Functions of notification settings and of the messages to members. */
export const NOTIFICATION_FUNCTIONS = {
  'set-notifications': {
    ...ROUTE_LIMITS,
    routes: ['PUT /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['GetItem', 'UpdateItem'] },
    secrets: ['keys'],
    mail: 'known',
    settings: ['NOTIFY_PRIVATE_HOSTS'],
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
  'test-notifications': {
    ...ROUTE_LIMITS,
    routes: ['POST /v1/notifications/test'],
    tables: {
      sessions: AUTHENTICATE,
      notifications: ['GetItem', 'UpdateItem'],
      messages: ['PutItem', 'UpdateItem', 'Query'],
    },
    secrets: ['keys'],
    mail: 'sends',
    settings: DELIVERY_SETTINGS,
    impact: 'Members cannot try whether messages reach them.',
  },
  notify: {
    onEvents: true,
    // A receiver may take 15 s to answer; all are tried at the same time.
    timeoutSeconds: 60,
    memoryMB: 512,
    tables: {
      notifications: ['GetItem', 'UpdateItem'],
      messages: ['PutItem', 'UpdateItem', 'Query'],
      prebookings: ['Query'],
      // A message calls a box by its name.
      boxes: ['GetItem'],
      tombstones: ['GetItem'],
    },
    secrets: ['keys'],
    mail: 'sends',
    settings: ['BOX_TIMEZONES', ...DELIVERY_SETTINGS],
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
    settings: DELIVERY_SETTINGS,
    impact: 'Members whose channel failed for a moment never get the messages that it missed.',
  },
} as const satisfies Record<string, FunctionDefinition>;
