import type { FunctionDefinition } from './function-definition.ts';
import { AUTHENTICATE, ROUTE_LIMITS } from './grants.ts';

/** The settings of functions that send messages: the address of the page, for links, and the hosts of private ntfy servers. */
const DELIVERY_SETTINGS = ['PUBLIC_URL', 'NOTIFY_PRIVATE_HOSTS'] as const;

/** The permissions on push subscriptions for sending messages. */
const SENDS_PUSH = ['GetItem', 'Query', 'UpdateItem', 'DeleteItem'] as const;

/** Functions of notification settings and of the messages to members. */
export const NOTIFICATION_FUNCTIONS = {
  'set-notifications': {
    ...ROUTE_LIMITS,
    routes: ['PUT /v1/notifications', 'POST /v1/notifications/push'],
    tables: {
      sessions: AUTHENTICATE,
      notifications: ['GetItem', 'UpdateItem'],
      pushSubscriptions: ['PutItem', 'Query', 'DeleteItem'],
      // If another member has subscribed the same browser, that subscription is found by the browser's push address.
      'pushSubscriptions/byEndpoint': ['Query'],
    },
    secrets: ['keys', 'push'],
    mail: 'known',
    settings: ['NOTIFY_PRIVATE_HOSTS'],
    impact:
      'Members cannot change their notifications, nor have them sent to their phone, nor enable a disabled channel again.',
  },
  'get-notifications': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['GetItem'], pushSubscriptions: ['Query'] },
    // The public key that browsers subscribe with follows from the private one.
    secrets: ['push'],
    impact: 'Members cannot see their notification settings, nor whether their webhook works.',
  },
  'delete-notifications': {
    ...ROUTE_LIMITS,
    routes: ['DELETE /v1/notifications', 'DELETE /v1/notifications/push'],
    tables: {
      sessions: AUTHENTICATE,
      notifications: ['DeleteItem'],
      pushSubscriptions: ['Query', 'DeleteItem'],
    },
    impact: 'Members still get notifications that they have turned off.',
  },
  'test-notifications': {
    ...ROUTE_LIMITS,
    routes: ['POST /v1/notifications/test'],
    tables: {
      sessions: AUTHENTICATE,
      notifications: ['GetItem', 'UpdateItem'],
      messages: ['PutItem', 'UpdateItem', 'Query'],
      pushSubscriptions: SENDS_PUSH,
    },
    secrets: ['keys', 'push'],
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
      pushSubscriptions: SENDS_PUSH,
      prebookings: ['Query'],
      // A message calls a box by its name.
      boxes: ['GetItem'],
      tombstones: ['GetItem'],
    },
    secrets: ['keys', 'push'],
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
      pushSubscriptions: SENDS_PUSH,
      'messages/due': ['Query'],
    },
    secrets: ['keys', 'push'],
    mail: 'sends',
    settings: DELIVERY_SETTINGS,
    impact: 'Members whose channel failed for a moment never get the messages that it missed.',
  },
} as const satisfies Record<string, FunctionDefinition>;
