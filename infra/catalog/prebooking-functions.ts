import type { FunctionDefinition } from './function-definition.ts';
import {
  AIMHARDER_ORIGINS,
  AUTHENTICATE,
  AUTHENTICATE_AND_FIND_RISK,
  AUTHENTICATE_AND_REFRESH,
  CALLS_AIMHARDER,
  ORDER_ACCESS,
  ORDER_SETTINGS,
  RELOGIN,
  ROUTE_LIMITS,
  WHEEL_SETTINGS,
} from './grants.ts';

/** Functions of pre-bookings, from the order to the outcome. */
export const PREBOOKING_FUNCTIONS = {
  'create-prebooking': {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/prebookings'],
    tables: {
      sessions: [...AUTHENTICATE_AND_REFRESH, 'Query'],
      prebookings: [...ORDER_ACCESS, 'Query'],
      'prebookings/byClass': ['Query'],
      boxes: ['GetItem', 'UpdateItem'],
    },
    wakeUps: ['create', 'delete', 'start'],
    settings: ORDER_SETTINGS,
    impact: 'Members cannot create pre-bookings; existing pre-bookings still fire.',
  },
  'list-prebookings': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/prebookings'],
    // The index holds keys only, and DynamoDB fetches the other attributes from the table. AWS does not document whether
    // that needs Query on the table; the permission gives access to nothing else.
    tables: { sessions: AUTHENTICATE_AND_FIND_RISK, prebookings: ['Query'], 'prebookings/byClass': ['Query'] },
    impact: 'Members cannot see their pre-bookings, nor the outcomes.',
  },
  'get-prebooking': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/prebookings/{id}'],
    tables: { sessions: AUTHENTICATE_AND_FIND_RISK, prebookings: ['GetItem'] },
    impact: 'Members cannot see a pre-booking, nor its outcome.',
  },
  'cancel-prebooking': {
    ...ROUTE_LIMITS,
    routes: ['DELETE /v1/prebookings/{id}'],
    tables: { sessions: AUTHENTICATE, prebookings: ['GetItem', 'UpdateItem'] },
    wakeUps: ['delete'],
    impact: 'Members are booked into classes that they no longer want, which may cost them money.',
  },
  'fire-prebooking': {
    // A firing starts up to 95 s before the opening (90 s by its wake-up; 95 s if the order came too late to set one). It sends
    // shots until 120 s after the opening, and may then read the timetable 4 times for 8 s each: 247 s. The other 53 s are for
    // writing the outcome.
    timeoutSeconds: 300,
    // One vCPU. With less, Lambda suspends the function for milliseconds at a time, perhaps just when the shot should leave.
    memoryMB: 1769,
    tables: {
      sessions: ['GetItem', 'Query', 'UpdateItem'],
      prebookings: ['GetItem', 'UpdateItem'],
      boxes: ['GetItem', 'UpdateItem'],
      credentials: RELOGIN,
    },
    secrets: ['keys'],
    settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS, 'AIM', 'BOX_TIMEZONES'],
    impact: 'Members may lose the classes of their pre-bookings.',
  },
  sweep: {
    everyMinute: true,
    // A sweep waits up to a minute for firings to claim their pre-bookings or renew their leases. The next run continues the
    // work of an unfinished one.
    timeoutSeconds: 120,
    // A sweep reads little more than an index, and no caller waits for it.
    memoryMB: 256,
    tables: {
      prebookings: ['GetItem', 'UpdateItem'],
      'prebookings/unfinished': ['Query'],
      // A sweep finds members without a live background session, whose pre-bookings are at risk, and deletes ended sessions.
      sessions: ['Query', 'Scan', 'DeleteItem'],
    },
    wakeUps: ['create', 'start'],
    settings: [...AIMHARDER_ORIGINS, 'BOX_TIMEZONES'],
    publishesEvents: true,
    impact: 'Pre-bookings whose wake-up was lost are not fired, and their members lose the class.',
  },
} as const satisfies Record<string, FunctionDefinition>;
