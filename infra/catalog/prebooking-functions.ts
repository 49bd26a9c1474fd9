import type { FunctionDefinition } from './function-definition.ts';
import {
  AIMHARDER_ORIGINS,
  AUTHENTICATE,
  AUTHENTICATE_AND_FIND_RISK,
  AUTHENTICATE_AND_REFRESH,
  CALLS_AIMHARDER,
  ORDER_ACCESS,
  ORDER_SETTINGS,
  ORDERS,
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
      tombstones: ['GetItem'],
    },
    ...ORDERS,
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
  'prepare-prebooking': {
    // It starts up to 120 s before the opening, repeats what fails until 50 s before it, and follows a class that moves to a
    // later opening.
    timeoutSeconds: 180,
    memoryMB: 256,
    tables: {
      sessions: ['GetItem', 'Query', 'UpdateItem'],
      prebookings: ['GetItem', 'UpdateItem'],
      boxes: ['GetItem', 'UpdateItem'],
      credentials: RELOGIN,
    },
    secrets: ['keys'],
    firingQueue: ['sends'],
    starts: ['fire-prebooking'],
    settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS, 'BOX_TIMEZONES'],
    impact: 'Pre-bookings are fired unprepared, by the sweep, and members may lose their classes.',
  },
  'dispatch-firings': {
    // A guard looks at a lease, which lives for 6 s, until it is renewed or has expired, and a new firing has claimed it.
    timeoutSeconds: 30,
    // It reads an item and starts functions, and waits for seconds at most.
    memoryMB: 128,
    tables: { prebookings: ['GetItem'] },
    firingQueue: ['sends', 'receives'],
    starts: ['fire-prebooking'],
    impact: 'Pre-bookings are fired late, by the sweep, and members may lose their classes.',
  },
  'fire-prebooking': {
    // It starts up to 45 s before the opening, waits up to 2 minutes for one that has moved, sends shots until 120 s after
    // it, and may then read the timetable 4 times for 8 s each: 272 s. Writing the outcome has the rest.
    timeoutSeconds: 330,
    // A firing needs some 0.4 s of a vCPU. 512 MB give it 29 % of one, with which 20 firings each were no later than with a whole
    // vCPU (p50 12 and 14 ms, most 27 and 31 ms); with 256 MB they were (27 and 58 ms).
    memoryMB: 512,
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
      tombstones: ['Scan'],
      // With ALLOWED_EMAILS, a sweep finds members who are no longer invited.
      'routines/due': ['Query'],
    },
    wakeUps: ['create'],
    starts: ['prepare-prebooking', 'fire-prebooking', 'end-account'],
    settings: [...AIMHARDER_ORIGINS, 'BOX_TIMEZONES', 'ALLOWED_EMAILS'],
    publishesEvents: true,
    impact: 'Pre-bookings whose wake-up was lost are not fired, and their members lose the class.',
  },
} as const satisfies Record<string, FunctionDefinition>;
