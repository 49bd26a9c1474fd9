import type { FunctionDefinition } from './function-definition.ts';
import { AUTHENTICATE, ROUTE_LIMITS } from './grants.ts';

/** Functions of the calendar feed. */
export const CALENDAR_FUNCTIONS = {
  'create-calendar': {
    ...ROUTE_LIMITS,
    routes: ['POST /v1/calendar'],
    tables: { sessions: AUTHENTICATE, calendars: ['UpdateItem'] },
    settings: ['PUBLIC_URL'],
    impact: 'Members cannot get the address of their calendar.',
  },
  'delete-calendar': {
    ...ROUTE_LIMITS,
    routes: ['DELETE /v1/calendar'],
    tables: { sessions: AUTHENTICATE, calendars: ['DeleteItem'] },
    impact: 'Members cannot revoke a calendar address that other people have learned.',
  },
  'calendar-feed': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/calendar/{feed}', 'HEAD /v1/calendar/{feed}'],
    // Calendar applications send no token: the feed's name is the secret, so no log may contain the path of this route.
    isPublic: true,
    tables: {
      calendars: ['GetItem', 'UpdateItem'],
      'calendars/bySecret': ['Query'],
      prebookings: ['Query'],
      bookings: ['Query'],
    },
    settings: ['BOX_TIMEZONES', 'PUBLIC_URL'],
    impact: 'Members’ calendars show classes that may have changed.',
  },
} as const satisfies Record<string, FunctionDefinition>;
