import type { FunctionDefinition } from './function-definition.ts';
import {
  AIMHARDER,
  ASKING,
  CALLER,
  CALLER_AND_RISK,
  HEALING,
  HTTP,
  ORDERING_SETTINGS,
  ORDERS,
  REFRESHED_CALLER,
  WHEEL,
} from './grants.ts';
import { ROUTINE_FUNCTIONS } from './routine-functions.ts';

/**
 * The functions, one per file in `functions/`: the routes that reach them, what they may do, and what they are told.
 * CDK, the local stack and the API description all read this list.
 */
export const FUNCTIONS = {
  'describe-api': {
    ...HTTP,
    routes: ['GET /openapi.json'],
    public: true,
    whenItFails: 'Whoever writes a client gets no description of the API.',
  },
  health: {
    ...HTTP,
    routes: ['GET /v1/health'],
    public: true,
    whenItFails: 'Whoever watches the API believes it down.',
  },
  login: {
    ...ASKING,
    routes: ['POST /v1/login'],
    public: true,
    tables: {
      sessions: ['GetItem', 'Query', 'PutItem', 'UpdateItem'],
      loginAttempts: ['GetItem', 'UpdateItem'],
      boxes: ['UpdateItem'],
      credentials: ['UpdateItem'],
    },
    secrets: ['keys', 'salt'],
    whenItFails: 'Members cannot log in, nor heal a session that AimHarder has ended.',
  },
  logout: {
    ...HTTP,
    routes: ['POST /v1/logout'],
    tables: { sessions: ['GetItem', 'Query', 'DeleteItem'] },
    whenItFails: 'Members who log out stay logged in.',
  },
  'list-sessions': {
    ...HTTP,
    routes: ['GET /v1/sessions'],
    tables: { sessions: ['GetItem', 'Query'] },
    whenItFails: 'Members cannot see where they are logged in.',
  },
  'end-session': {
    ...HTTP,
    routes: ['DELETE /v1/sessions/{fingerprint}'],
    tables: { sessions: ['GetItem', 'DeleteItem'], credentials: ['DeleteItem'] },
    whenItFails: 'Members cannot end a session, such as that of a lost phone.',
  },
  'refresh-session': {
    ...ASKING,
    routes: ['POST /v1/sessions/refresh'],
    tables: { sessions: REFRESHED_CALLER },
    whenItFails: 'Members cannot refresh their session by hand; the wheel still does.',
  },
  'delete-credentials': {
    ...HTTP,
    routes: ['DELETE /v1/credentials'],
    tables: { sessions: CALLER, credentials: ['DeleteItem'] },
    whenItFails: 'Passwords stay stored that members asked to be forgotten.',
  },
  'list-boxes': {
    ...HTTP,
    routes: ['GET /v1/boxes'],
    tables: { sessions: CALLER },
    settings: ['BOX_TIMEZONES'],
    whenItFails: 'Members cannot see their boxes.',
  },
  'list-classes': {
    ...ASKING,
    routes: ['GET /v1/classes'],
    tables: { sessions: REFRESHED_CALLER },
    settings: [...ASKING.settings, 'BOX_TIMEZONES'],
    whenItFails: 'Members cannot see the classes, so they cannot order any.',
  },
  'book-class': {
    ...ASKING,
    routes: ['POST /v1/bookings'],
    tables: {
      sessions: [...REFRESHED_CALLER, 'Query'],
      prebookings: [...ORDERS, 'Query'],
      'prebookings/byClass': ['Query'],
      boxes: ['UpdateItem'],
      bookings: ['PutItem'],
    },
    wakeUps: ['create', 'delete', 'start'],
    settings: ORDERING_SETTINGS,
    whenItFails: 'Members cannot book a class that is open.',
  },
  'cancel-booking': {
    ...ASKING,
    routes: ['DELETE /v1/bookings/{bookingId}'],
    tables: { sessions: REFRESHED_CALLER, bookings: ['UpdateItem'] },
    whenItFails: 'Members cannot cancel a booking, and may lose its credit.',
  },
  'create-prebooking': {
    ...ASKING,
    routes: ['POST /v1/prebookings'],
    tables: {
      sessions: [...REFRESHED_CALLER, 'Query'],
      prebookings: [...ORDERS, 'Query'],
      'prebookings/byClass': ['Query'],
      boxes: ['GetItem', 'UpdateItem'],
    },
    wakeUps: ['create', 'delete', 'start'],
    settings: ORDERING_SETTINGS,
    whenItFails: 'Members cannot order a class; those ordered before still fire.',
  },
  'list-prebookings': {
    ...HTTP,
    routes: ['GET /v1/prebookings'],
    // The index holds keys only, and the query fetches the rest from the table. Whether that takes leave to query the table
    // is not documented; it gives access to nothing else.
    tables: { sessions: CALLER_AND_RISK, prebookings: ['Query'], 'prebookings/byClass': ['Query'] },
    whenItFails: 'Members cannot see what became of their pre-bookings.',
  },
  'get-prebooking': {
    ...HTTP,
    routes: ['GET /v1/prebookings/{id}'],
    tables: { sessions: CALLER_AND_RISK, prebookings: ['GetItem'] },
    whenItFails: 'Members cannot see what became of a pre-booking.',
  },
  'cancel-prebooking': {
    ...HTTP,
    routes: ['DELETE /v1/prebookings/{id}'],
    tables: { sessions: CALLER, prebookings: ['GetItem', 'UpdateItem'] },
    wakeUps: ['delete'],
    whenItFails: 'Members are booked into classes they no longer want, which may cost them.',
  },
  'create-calendar': {
    ...HTTP,
    routes: ['POST /v1/calendar'],
    tables: { sessions: CALLER, calendars: ['PutItem'] },
    settings: ['PUBLIC_URL'],
    whenItFails: 'Members cannot get the address of their calendar.',
  },
  'delete-calendar': {
    ...HTTP,
    routes: ['DELETE /v1/calendar'],
    tables: { sessions: CALLER, calendars: ['DeleteItem'] },
    whenItFails: 'Members cannot take back an address of their calendar that others know.',
  },
  'calendar-feed': {
    ...HTTP,
    routes: ['GET /v1/calendar/{feed}'],
    // The feed's name is its secret, so no log may hold this route's path.
    public: true,
    tables: { calendars: ['GetItem'], 'calendars/bySecret': ['Query'], prebookings: ['Query'], bookings: ['Query'] },
    settings: ['BOX_TIMEZONES'],
    whenItFails: 'Members’ calendars show classes as they were.',
  },
  'not-found': {
    ...HTTP,
    routes: ['$default'],
    public: true,
    whenItFails: 'Clients get no explanation for a wrong path.',
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
      credentials: HEALING,
    },
    secrets: ['keys'],
    settings: [...AIMHARDER, ...WHEEL, 'AIM', 'BOX_TIMEZONES'],
    whenItFails: 'A member may lose the class that a pre-booking was to book.',
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
      credentials: HEALING,
    },
    secrets: ['keys'],
    publishesEvents: true,
    settings: [...AIMHARDER, ...WHEEL, 'REFRESH_CONCURRENCY'],
    whenItFails: 'Sessions are not refreshed: after half an hour all members have to log in again.',
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
    whenItFails: 'Pre-bookings whose wake-up got lost are not recovered, and their members lose the class.',
  },
  'set-notifications': {
    ...HTTP,
    routes: ['PUT /v1/notifications'],
    tables: { sessions: CALLER, notifications: ['GetItem', 'UpdateItem'] },
    secrets: ['keys'],
    mail: 'known',
    whenItFails: 'Members cannot choose what they are told, nor set a webhook that was disabled again.',
  },
  'get-notifications': {
    ...HTTP,
    routes: ['GET /v1/notifications'],
    tables: { sessions: CALLER, notifications: ['GetItem'] },
    whenItFails: 'Members cannot see what they are told, nor whether their webhook still works.',
  },
  'delete-notifications': {
    ...HTTP,
    routes: ['DELETE /v1/notifications'],
    tables: { sessions: CALLER, notifications: ['DeleteItem'] },
    whenItFails: 'Members go on being told what they no longer want to hear.',
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
    whenItFails: 'Members are not told what became of their pre-bookings; they have to look.',
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
    whenItFails: 'Members whose webhook was away for a moment never get the messages that it missed.',
  },
  ...ROUTINE_FUNCTIONS,
} as const satisfies Record<string, FunctionDefinition>;

export type FunctionName = keyof typeof FUNCTIONS;

/** The list, each function as any of them may be. */
export const functionsByName: ReadonlyMap<string, FunctionDefinition> = new Map(Object.entries(FUNCTIONS));
