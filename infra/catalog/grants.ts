/** What functions of the list have in common. */

/** A cold start's first request takes some 50 ms of a whole core: at 512 MB members wait a sixth of a second for it. */
export const HTTP_ROUTE = { timeoutSeconds: 29, memoryMB: 512 } as const;

export const AIMHARDER_ORIGINS = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'] as const;
/** Whoever stores a session gives it its turn of the wheel. */
export const WHEEL_SETTINGS = ['REFRESH_SLOTS', 'REFRESH_SHARDS'] as const;

/** Asks AimHarder in the caller's name: the session is refreshed first when it is old, and ended when AimHarder says so. */
export const CALLS_AIMHARDER = {
  ...HTTP_ROUTE,
  secrets: ['keys'],
  settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS],
} as const;
export const ORDER_SETTINGS = [
  ...CALLS_AIMHARDER.settings,
  'BOX_TIMEZONES',
  'BOX_OPENINGS',
  'MAX_PENDING_PREBOOKINGS',
] as const;
export const ORDER_WRITES = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;

/** Authenticating is one read; a pre-booking is at risk without a background session, which is found by a query. */
export const AUTHENTICATE = ['GetItem'] as const;
export const AUTHENTICATE_WITH_RISK = ['GetItem', 'Query'] as const;
export const AUTHENTICATE_AND_REFRESH = ['GetItem', 'UpdateItem'] as const;

/** Logging a dead background session in again, with the password its member let be kept; a wrong one is forgotten. */
export const RELOGIN = ['GetItem', 'UpdateItem', 'DeleteItem'] as const;
