import type { FunctionDefinition } from './function-definition.ts';
import {
  AIMHARDER_ORIGINS,
  AUTHENTICATE,
  AUTHENTICATE_AND_REFRESH,
  ORDER_ACCESS,
  ORDER_SETTINGS,
  ORDER_WAKE_UPS,
  ROUTE_LIMITS,
} from './grants.ts';

/** What functions need that change a member's routines or pauses, and cancel pre-bookings that are then unwanted. */
const CHANGES_PLANS = {
  ...ROUTE_LIMITS,
  tables: { sessions: AUTHENTICATE, routines: ['GetItem', 'PutItem'], prebookings: ['GetItem', 'UpdateItem'] },
  wakeUps: ['delete'],
  settings: ['BOX_TIMEZONES'],
} as const;

/** Functions of routines and pauses. */
export const ROUTINE_FUNCTIONS = {
  'create-routine': {
    ...ROUTE_LIMITS,
    routes: ['POST /v1/routines'],
    tables: { sessions: AUTHENTICATE, routines: ['GetItem', 'PutItem'], prebookings: ['GetItem'] },
    settings: [...AIMHARDER_ORIGINS, 'BOX_TIMEZONES'],
    impact: 'Members cannot create a routine, and have to order each class themselves.',
  },
  'list-routines': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/routines'],
    tables: { sessions: AUTHENTICATE, routines: ['GetItem'], prebookings: ['GetItem'] },
    impact: 'Members cannot see their routines, nor what keeps the routines from booking.',
  },
  'get-routine': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/routines/{id}'],
    tables: { sessions: AUTHENTICATE, routines: ['GetItem'], prebookings: ['GetItem'] },
    impact: 'Members cannot see a routine, nor what keeps it from booking its next class.',
  },
  'update-routine': {
    ...CHANGES_PLANS,
    routes: ['PATCH /v1/routines/{id}'],
    settings: [...AIMHARDER_ORIGINS, 'BOX_TIMEZONES'],
    impact: 'Members are booked into classes although they have changed their routine.',
  },
  'delete-routine': {
    ...CHANGES_PLANS,
    routes: ['DELETE /v1/routines/{id}'],
    impact: 'Members are booked into classes of a routine that they have ended, which may cost them money.',
  },
  'set-pauses': {
    ...CHANGES_PLANS,
    routes: ['PUT /v1/pauses'],
    tables: { ...CHANGES_PLANS.tables, prebookings: ['GetItem', 'UpdateItem', 'Query'], bookings: ['Query'] },
    impact: 'Members are booked into classes while they are away, which may cost them money.',
  },
  'list-pauses': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/pauses'],
    tables: { sessions: AUTHENTICATE, routines: ['GetItem'] },
    impact: 'Members cannot see when their routines pause.',
  },
  'end-pauses': {
    ...ROUTE_LIMITS,
    routes: ['DELETE /v1/pauses'],
    tables: { sessions: AUTHENTICATE, routines: ['GetItem', 'PutItem'] },
    impact: 'Members who are back early are not booked into their classes.',
  },
  'plan-routines': {
    everyMinute: true,
    timeoutSeconds: 90,
    // One whole vCPU: an order takes 5 ms of its time, and thousands of orders may be due in a minute.
    memoryMB: 1769,
    tables: {
      routines: ['GetItem', 'PutItem', 'UpdateItem'],
      'routines/due': ['Query'],
      sessions: [...AUTHENTICATE_AND_REFRESH, 'Query'],
      prebookings: [...ORDER_ACCESS, 'Query'],
      'prebookings/byClass': ['Query'],
      'prebookings/unfinished': ['Query'],
      boxes: ['GetItem', 'UpdateItem'],
      bookings: ['Query', 'PutItem', 'UpdateItem'],
      tombstones: ['GetItem'],
    },
    secrets: ['keys'],
    ...ORDER_WAKE_UPS,
    publishesEvents: true,
    settings: ORDER_SETTINGS,
    impact:
      'Routines order no classes, and the classes may be full before a member notices. Nobody is told that a place on a waitlist has become a seat.',
  },
} as const satisfies Record<string, FunctionDefinition>;
