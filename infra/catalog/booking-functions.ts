import type { FunctionDefinition } from './function-definition.ts';
import {
  AUTHENTICATE,
  AUTHENTICATE_AND_REFRESH,
  CALLS_AIMHARDER,
  ORDER_ACCESS,
  ORDER_SETTINGS,
  ORDER_WAKE_UPS,
  ROUTE_LIMITS,
} from './grants.ts';

/** Functions of boxes, classes and bookings. */
export const BOOKING_FUNCTIONS = {
  'list-boxes': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/boxes'],
    tables: { sessions: AUTHENTICATE },
    settings: ['BOX_TIMEZONES'],
    impact: 'Members cannot see their boxes.',
  },
  'list-classes': {
    ...CALLS_AIMHARDER,
    routes: ['GET /v1/classes'],
    tables: {
      sessions: AUTHENTICATE_AND_REFRESH,
      // The updates record that a place on a waitlist has become a seat, which the timetable shows.
      prebookings: ['GetItem', 'Query', 'UpdateItem'],
      'prebookings/byClass': ['Query'],
      bookings: ['Query', 'UpdateItem'],
      routines: ['GetItem'],
    },
    settings: [...CALLS_AIMHARDER.settings, 'BOX_TIMEZONES', 'BOX_OPENINGS'],
    impact: 'Members cannot see the classes, so they cannot order one.',
  },
  'list-bookings': {
    ...CALLS_AIMHARDER,
    routes: ['GET /v1/bookings'],
    tables: {
      sessions: AUTHENTICATE_AND_REFRESH,
      // The updates record that a place on a waitlist has become a seat, which the timetable shows.
      prebookings: ['Query', 'UpdateItem'],
      'prebookings/byClass': ['Query'],
      bookings: ['Query', 'UpdateItem'],
    },
    settings: [...CALLS_AIMHARDER.settings, 'BOX_TIMEZONES'],
    impact: 'Members cannot see what they have booked.',
  },
  'book-class': {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/bookings'],
    tables: {
      sessions: [...AUTHENTICATE_AND_REFRESH, 'Query'],
      prebookings: [...ORDER_ACCESS, 'Query'],
      'prebookings/byClass': ['Query'],
      boxes: ['GetItem', 'UpdateItem'],
      bookings: ['PutItem'],
      tombstones: ['GetItem'],
    },
    ...ORDER_WAKE_UPS,
    settings: ORDER_SETTINGS,
    impact: 'Members cannot book a class whose bookings are open.',
  },
  'cancel-booking': {
    ...CALLS_AIMHARDER,
    routes: ['DELETE /v1/bookings/{bookingId}'],
    tables: {
      sessions: AUTHENTICATE_AND_REFRESH,
      bookings: ['GetItem', 'Query', 'UpdateItem'],
      prebookings: ['Query'],
      tombstones: ['GetItem'],
    },
    impact: 'Members cannot cancel a booking, and may lose the credit.',
  },
} as const satisfies Record<string, FunctionDefinition>;
