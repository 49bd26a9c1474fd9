import type { FunctionDefinition } from './function-definition.ts';
import {
  AIMHARDER_ORIGINS,
  AUTHENTICATE,
  AUTHENTICATE_AND_FIND_RISK,
  AUTHENTICATE_AND_REFRESH,
  CALLS_AIMHARDER,
  ORDER_ACCESS,
  ORDER_SETTINGS,
  ORDER_WAKE_UPS,
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
    ...ORDER_WAKE_UPS,
    settings: ORDER_SETTINGS,
    impact: 'Members cannot create pre-bookings; existing pre-bookings still fire.',
  },
  'list-prebookings': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/prebookings'],
    // The index holds keys only, and DynamoDB fetches the other attributes from the table. AWS does not document whether
    // that needs Query on the table. The permission gives access to no other items than the index does.
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
    // A preparation starts up to 120 s before the opening, repeats what fails until 50 s before the opening, and follows a class
    // that moves to a later opening.
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
    // A guard reads the pre-booking until its lease is renewed or, after 6 s at most, has expired and a new firing has claimed
    // it.
    timeoutSeconds: 30,
    // The function only reads items, starts functions and waits.
    memoryMB: 128,
    tables: { prebookings: ['GetItem'] },
    // A guard's message names the member by the encrypted e-mail.
    secrets: ['keys'],
    firingQueue: ['sends', 'receives'],
    starts: ['fire-prebooking'],
    impact: 'Pre-bookings are fired late, by the sweep, and members may lose their classes.',
  },
  'fire-prebooking': {
    // A firing waits for the opening for 45 s, or for up to 120 s if the class has moved. It sends shots until 120 s after the
    // opening, and may then read the timetable 4 times for 8 s each: 272 s. The rest is for writing the outcome.
    timeoutSeconds: 330,
    // A firing needs about 0.4 s of a whole vCPU. How late 20 firings were (p50, maximum): 12 and 27 ms with 512 MB, which give
    // 29 % of a vCPU; 14 and 31 ms with a whole vCPU; 27 and 58 ms with 256 MB.
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
    // A sweep waits up to a minute for firings to claim their pre-bookings or renew their leases. The next run continues
    // what an unfinished run has left.
    timeoutSeconds: 120,
    // A sweep reads little more than an index, and no caller waits for it.
    memoryMB: 256,
    tables: {
      // A sweep deletes the watch of a place on a waitlist after it is published that the place has become a seat, and an outcome
      // that a new order has replaced after it is published.
      prebookings: ['GetItem', 'UpdateItem', 'DeleteItem'],
      bookings: ['GetItem'],
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
