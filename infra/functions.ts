import type { FunctionDefinition } from './function-definition.ts';

/** A cold start's first request takes some 50 ms of a whole core: at 512 MB members wait a sixth of a second for it. */
const HTTP = { timeoutSeconds: 29, memoryMB: 512 } as const;

const AIMHARDER = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'] as const;
/** Whoever stores a session gives it its turn of the wheel. */
const WHEEL = ['REFRESH_SLOTS', 'REFRESH_SHARDS'] as const;

/** Asks AimHarder in the caller's name: the session is refreshed first when it is old, and ended when AimHarder says so. */
const ASKING = { ...HTTP, secrets: ['keys'], settings: [...AIMHARDER, ...WHEEL] } as const;
const ORDERING_SETTINGS = [...ASKING.settings, 'BOX_TIMEZONES', 'BOX_OPENINGS', 'MAX_PENDING_PREBOOKINGS'] as const;
const ORDERS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;

/** Authenticating is one read; a pre-booking is at risk without a background session, which is found by a query. */
const CALLER = ['GetItem'] as const;
const CALLER_AND_RISK = ['GetItem', 'Query'] as const;
const REFRESHED_CALLER = ['GetItem', 'UpdateItem'] as const;

/** Logging a dead background session in again, with the password its member let be kept; a wrong one is forgotten. */
const HEALING = ['GetItem', 'UpdateItem', 'DeleteItem'] as const;

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
      prebookings: ORDERS,
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
      prebookings: ORDERS,
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
    tables: { sessions: CALLER_AND_RISK, 'prebookings/byClass': ['Query'] },
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
    // Woken up to 150 s before the opening; then the ladder of shots, the reading back and the writing of the outcome.
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
    // It waits up to a minute for the word of whoever should be at work.
    timeoutSeconds: 120,
    // Reads an index and little else; nobody waits for it.
    memoryMB: 256,
    tables: {
      prebookings: ['GetItem', 'UpdateItem'],
      'prebookings/unfinished': ['Query'],
      sessions: ['Scan', 'DeleteItem'],
    },
    wakeUps: ['create', 'start'],
    publishesEvents: true,
    whenItFails: 'Pre-bookings whose wake-up got lost are not recovered, and their members lose the class.',
  },
} as const satisfies Record<string, FunctionDefinition>;

export type FunctionName = keyof typeof FUNCTIONS;

/** The list, each function as any of them may be. */
export const functionsByName: ReadonlyMap<string, FunctionDefinition> = new Map(Object.entries(FUNCTIONS));
