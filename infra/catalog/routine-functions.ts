import type { FunctionDefinition } from './function-definition.ts';
import { CALLER, HTTP, ORDERING_SETTINGS, ORDERS, REFRESHED_CALLER } from './grants.ts';

/** Changes a member's routines or pauses, and cancels the orders that are no longer wanted. */
const PLANNING = {
  ...HTTP,
  tables: { sessions: CALLER, routines: ['GetItem', 'PutItem'], prebookings: ['GetItem', 'UpdateItem'] },
  wakeUps: ['delete'],
  settings: ['BOX_TIMEZONES'],
} as const;

/** The functions of routines and pauses; the list has them too. */
export const ROUTINE_FUNCTIONS = {
  'create-routine': {
    ...HTTP,
    routes: ['POST /v1/routines'],
    tables: { sessions: CALLER, routines: ['GetItem', 'PutItem'], prebookings: ['GetItem'] },
    whenItFails: 'Members cannot make a routine, and have to order each class themselves.',
  },
  'list-routines': {
    ...HTTP,
    routes: ['GET /v1/routines'],
    tables: { sessions: CALLER, routines: ['GetItem'], prebookings: ['GetItem'] },
    whenItFails: 'Members cannot see their routines, nor what is in the way of their classes.',
  },
  'get-routine': {
    ...HTTP,
    routes: ['GET /v1/routines/{id}'],
    tables: { sessions: CALLER, routines: ['GetItem'], prebookings: ['GetItem'] },
    whenItFails: 'Members cannot see a routine, nor what is in the way of its next class.',
  },
  'update-routine': {
    ...PLANNING,
    routes: ['PATCH /v1/routines/{id}'],
    whenItFails: 'Members are booked into classes of a routine that they wanted changed.',
  },
  'delete-routine': {
    ...PLANNING,
    routes: ['DELETE /v1/routines/{id}'],
    whenItFails: 'Members are booked into classes of a routine that they no longer want, which may cost them.',
  },
  'set-pauses': {
    ...PLANNING,
    routes: ['PUT /v1/pauses'],
    tables: { ...PLANNING.tables, prebookings: ['GetItem', 'UpdateItem', 'Query'], bookings: ['Query'] },
    whenItFails: 'Members are booked into classes while they are away, which may cost them.',
  },
  'list-pauses': {
    ...HTTP,
    routes: ['GET /v1/pauses'],
    tables: { sessions: CALLER, routines: ['GetItem'] },
    whenItFails: 'Members cannot see when their routines pause.',
  },
  'end-pauses': {
    ...HTTP,
    routes: ['DELETE /v1/pauses'],
    tables: { sessions: CALLER, routines: ['GetItem', 'PutItem'] },
    whenItFails: 'Members who are back early are not booked into their classes.',
  },
  'plan-routines': {
    everyMinute: true,
    timeoutSeconds: 90,
    // A whole vCPU: an order takes 5 ms of it, and thousands may be due in a minute.
    memoryMB: 1769,
    tables: {
      routines: ['GetItem', 'PutItem', 'UpdateItem'],
      'routines/due': ['Query'],
      sessions: [...REFRESHED_CALLER, 'Query'],
      prebookings: [...ORDERS, 'Query'],
      'prebookings/byClass': ['Query'],
      boxes: ['GetItem', 'UpdateItem'],
      bookings: ['Query'],
    },
    secrets: ['keys'],
    wakeUps: ['create', 'delete', 'start'],
    publishesEvents: true,
    settings: ORDERING_SETTINGS,
    whenItFails: 'Classes of members’ routines are not ordered, and are full when somebody notices.',
  },
} as const satisfies Record<string, FunctionDefinition>;
