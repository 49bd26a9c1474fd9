import type { FunctionDefinition } from './function-definition.ts';
import {
  AIMHARDER_ORIGINS,
  AUTHENTICATE,
  AUTHENTICATE_AND_REFRESH,
  AUTHENTICATE_WITH_RISK,
  CALLS_AIMHARDER,
  HTTP_ROUTE,
  ORDER_SETTINGS,
  ORDER_WRITES,
  RELOGIN,
  WHEEL_SETTINGS,
} from './grants.ts';

/** Functions of pre-bookings, from the order to the outcome. */
export const PREBOOKING_FUNCTIONS = {
  'create-prebooking': {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/prebookings'],
    tables: {
      sessions: [...AUTHENTICATE_AND_REFRESH, 'Query'],
      prebookings: [...ORDER_WRITES, 'Query'],
      'prebookings/byClass': ['Query'],
      boxes: ['GetItem', 'UpdateItem'],
    },
    wakeUps: ['create', 'delete', 'start'],
    settings: ORDER_SETTINGS,
    impact: 'Members cannot create pre-bookings; existing pre-bookings still fire.',
  },
  'list-prebookings': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/prebookings'],
    // The index holds keys only, and DynamoDB fetches the other attributes from the table. AWS does not document whether
    // that needs Query on the table; the permission gives access to nothing else.
    tables: { sessions: AUTHENTICATE_WITH_RISK, prebookings: ['Query'], 'prebookings/byClass': ['Query'] },
    impact: 'Members cannot see their pre-bookings, nor the outcomes.',
  },
  'get-prebooking': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/prebookings/{id}'],
    tables: { sessions: AUTHENTICATE_WITH_RISK, prebookings: ['GetItem'] },
    impact: 'Members cannot see a pre-booking, nor its outcome.',
  },
  'cancel-prebooking': {
    ...HTTP_ROUTE,
    routes: ['DELETE /v1/prebookings/{id}'],
    tables: { sessions: AUTHENTICATE, prebookings: ['GetItem', 'UpdateItem'] },
    wakeUps: ['delete'],
    impact: 'Members are booked into classes that they no longer want, which may cost them money.',
  },
  'fire-prebooking': {
    // It is woken up to 90 s before the opening (95 s if the order came just before that), shoots until 2 minutes after the
    // opening, reads the timetable up to 4 times at 8 s each, and writes the outcome.
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
    // It waits up to a minute for firings to claim their pre-bookings or renew their leases; the next run does what it leaves.
    timeoutSeconds: 120,
    // It reads little more than an index, and nobody waits for it.
    memoryMB: 256,
    tables: {
      prebookings: ['GetItem', 'UpdateItem'],
      'prebookings/unfinished': ['Query'],
      // It looks up the sessions of members whose pre-bookings are at risk.
      sessions: ['Query', 'Scan', 'DeleteItem'],
    },
    wakeUps: ['create', 'start'],
    publishesEvents: true,
    impact: 'Pre-bookings whose wake-up was lost are not fired, and their members lose the class.',
  },
} as const satisfies Record<string, FunctionDefinition>;
