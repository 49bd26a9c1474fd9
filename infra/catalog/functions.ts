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
import { ROUTINE_FUNCTIONS } from './routine-functions.ts';

/**
 * The functions, one per file in `functions/`: the routes that reach them, what they may do, and what they are told.
 * CDK, the local stack and the API description all read this list.
 */
export const FUNCTIONS = {
  'describe-api': {
    ...HTTP_ROUTE,
    routes: ['GET /openapi.json'],
    public: true,
    impact: 'Whoever writes a client gets no description of the API.',
  },
  health: {
    ...HTTP_ROUTE,
    routes: ['GET /v1/health'],
    public: true,
    impact: 'Whoever watches the API believes it down.',
  },
  login: {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/login'],
    public: true,
    tables: {
      sessions: ['GetItem', 'Query', 'PutItem', 'UpdateItem'],
      loginAttempts: ['GetItem', 'UpdateItem'],
      boxes: ['UpdateItem'],
      credentials: ['UpdateItem'],
    },
    secrets: ['keys', 'salt'],
    impact: 'Members cannot log in, nor heal a session that AimHarder has ended.',
  },
  logout: {
    ...HTTP_ROUTE,
    routes: ['POST /v1/logout'],
    tables: { sessions: ['GetItem', 'Query', 'DeleteItem'] },
    impact: 'Members who log out stay logged in.',
  },
  'list-sessions': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/sessions'],
    tables: { sessions: ['GetItem', 'Query'] },
    impact: 'Members cannot see where they are logged in.',
  },
  'end-session': {
    ...HTTP_ROUTE,
    routes: ['DELETE /v1/sessions/{fingerprint}'],
    tables: { sessions: ['GetItem', 'DeleteItem'], credentials: ['DeleteItem'] },
    impact: 'Members cannot end a session, such as that of a lost phone.',
  },
  'refresh-session': {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/sessions/refresh'],
    tables: { sessions: AUTHENTICATE_AND_REFRESH },
    impact: 'Members cannot refresh their session by hand; the wheel still does.',
  },
  'delete-credentials': {
    ...HTTP_ROUTE,
    routes: ['DELETE /v1/credentials'],
    tables: { sessions: AUTHENTICATE, credentials: ['DeleteItem'] },
    impact: 'Passwords stay stored that members asked to be forgotten.',
  },
  'list-boxes': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/boxes'],
    tables: { sessions: AUTHENTICATE },
    settings: ['BOX_TIMEZONES'],
    impact: 'Members cannot see their boxes.',
  },
  'list-classes': {
    ...CALLS_AIMHARDER,
    routes: ['GET /v1/classes'],
    tables: { sessions: AUTHENTICATE_AND_REFRESH },
    settings: [...CALLS_AIMHARDER.settings, 'BOX_TIMEZONES'],
    impact: 'Members cannot see the classes, so they cannot order any.',
  },
  'book-class': {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/bookings'],
    tables: {
      sessions: [...AUTHENTICATE_AND_REFRESH, 'Query'],
      prebookings: [...ORDER_WRITES, 'Query'],
      'prebookings/byClass': ['Query'],
      boxes: ['UpdateItem'],
      bookings: ['PutItem'],
    },
    wakeUps: ['create', 'delete', 'start'],
    settings: ORDER_SETTINGS,
    impact: 'Members cannot book a class that is open.',
  },
  'cancel-booking': {
    ...CALLS_AIMHARDER,
    routes: ['DELETE /v1/bookings/{bookingId}'],
    tables: { sessions: AUTHENTICATE_AND_REFRESH, bookings: ['UpdateItem'] },
    impact: 'Members cannot cancel a booking, and may lose its credit.',
  },
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
    impact: 'Members cannot order a class; those ordered before still fire.',
  },
  'list-prebookings': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/prebookings'],
    // The index holds keys only, and the query fetches the rest from the table. Whether that takes leave to query the table
    // is not documented; it gives access to nothing else.
    tables: { sessions: AUTHENTICATE_WITH_RISK, prebookings: ['Query'], 'prebookings/byClass': ['Query'] },
    impact: 'Members cannot see what became of their pre-bookings.',
  },
  'get-prebooking': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/prebookings/{id}'],
    tables: { sessions: AUTHENTICATE_WITH_RISK, prebookings: ['GetItem'] },
    impact: 'Members cannot see what became of a pre-booking.',
  },
  'cancel-prebooking': {
    ...HTTP_ROUTE,
    routes: ['DELETE /v1/prebookings/{id}'],
    tables: { sessions: AUTHENTICATE, prebookings: ['GetItem', 'UpdateItem'] },
    wakeUps: ['delete'],
    impact: 'Members are booked into classes they no longer want, which may cost them.',
  },
  'create-calendar': {
    ...HTTP_ROUTE,
    routes: ['POST /v1/calendar'],
    tables: { sessions: AUTHENTICATE, calendars: ['PutItem'] },
    settings: ['PUBLIC_URL'],
    impact: 'Members cannot get the address of their calendar.',
  },
  'delete-calendar': {
    ...HTTP_ROUTE,
    routes: ['DELETE /v1/calendar'],
    tables: { sessions: AUTHENTICATE, calendars: ['DeleteItem'] },
    impact: 'Members cannot take back an address of their calendar that others know.',
  },
  'calendar-feed': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/calendar/{feed}'],
    // The feed's name is its secret, so no log may hold this route's path.
    public: true,
    tables: { calendars: ['GetItem'], 'calendars/bySecret': ['Query'], prebookings: ['Query'], bookings: ['Query'] },
    settings: ['BOX_TIMEZONES'],
    impact: 'Members’ calendars show classes as they were.',
  },
  'not-found': {
    ...HTTP_ROUTE,
    routes: ['$default'],
    public: true,
    impact: 'Clients get no explanation for a wrong path.',
  },
  'fire-prebooking': {
    // Woken 90 s before the opening at the earliest, or 95 s when it is ordered just before that; shots until 2 minutes after
    // it; then up to 4 readings of the timetable, 8 s each, and the outcome is written.
    timeoutSeconds: 300,
    // A whole vCPU: with less, Lambda stops a function for milliseconds at a time, and the shot may leave just then.
    memoryMB: 1769,
    tables: {
      sessions: ['GetItem', 'Query', 'UpdateItem'],
      prebookings: ['GetItem', 'UpdateItem'],
      boxes: ['GetItem', 'UpdateItem'],
      credentials: RELOGIN,
    },
    secrets: ['keys'],
    settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS, 'AIM', 'BOX_TIMEZONES'],
    impact: 'A member may lose the class that a pre-booking was to book.',
  },
  'refresh-tokens': {
    everyMinute: true,
    // Two runs' time: what one minute has too much of is begun until 15 s before the end, beside the next minute's run.
    timeoutSeconds: 120,
    // 50 TLS connections and as many answers at a time, within the minute.
    memoryMB: 1024,
    tables: {
      sessions: ['GetItem', 'UpdateItem'],
      'sessions/byRefreshSlot': ['Query'],
      credentials: RELOGIN,
    },
    secrets: ['keys'],
    publishesEvents: true,
    settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS, 'REFRESH_CONCURRENCY'],
    impact: 'Sessions are not refreshed: after half an hour all members have to log in again.',
  },
  sweep: {
    everyMinute: true,
    // It waits up to a minute for the word of whoever should be at work; the next run makes up for what this one leaves.
    timeoutSeconds: 120,
    // Reads an index and little else; nobody waits for it.
    memoryMB: 256,
    tables: {
      prebookings: ['GetItem', 'UpdateItem'],
      'prebookings/unfinished': ['Query'],
      // Queried for those whose pre-bookings are at risk.
      sessions: ['Query', 'Scan', 'DeleteItem'],
    },
    wakeUps: ['create', 'start'],
    publishesEvents: true,
    impact: 'Pre-bookings whose wake-up got lost are not recovered, and their members lose the class.',
  },
  'set-notifications': {
    ...HTTP_ROUTE,
    routes: ['PUT /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['GetItem', 'UpdateItem'] },
    secrets: ['keys'],
    mail: 'known',
    impact: 'Members cannot choose what they are told, nor set a webhook that was disabled again.',
  },
  'get-notifications': {
    ...HTTP_ROUTE,
    routes: ['GET /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['GetItem'] },
    impact: 'Members cannot see what they are told, nor whether their webhook still works.',
  },
  'delete-notifications': {
    ...HTTP_ROUTE,
    routes: ['DELETE /v1/notifications'],
    tables: { sessions: AUTHENTICATE, notifications: ['DeleteItem'] },
    impact: 'Members go on being told what they no longer want to hear.',
  },
  notify: {
    onEvents: true,
    // A webhook may take 15 s to answer, and mail is sent beside it; one that is disabled is told of by mail after that.
    timeoutSeconds: 60,
    memoryMB: 512,
    tables: {
      notifications: ['GetItem', 'UpdateItem'],
      messages: ['PutItem', 'UpdateItem', 'Query'],
      prebookings: ['Query'],
    },
    secrets: ['keys'],
    mail: 'sends',
    settings: ['BOX_TIMEZONES'],
    impact: 'Members are not told what became of their pre-bookings; they have to look.',
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
    impact: 'Members whose webhook was away for a moment never get the messages that it missed.',
  },
  ...ROUTINE_FUNCTIONS,
} as const satisfies Record<string, FunctionDefinition>;

export type FunctionName = keyof typeof FUNCTIONS;

/** The list, each function as any of them may be. */
export const functionsByName: ReadonlyMap<string, FunctionDefinition> = new Map(Object.entries(FUNCTIONS));
