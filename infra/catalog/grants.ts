/** The limits of a route. The first request after a cold start takes 50 ms of one vCPU, so 170 ms at 512 MB. */
export const HTTP_ROUTE = { timeoutSeconds: 29, memoryMB: 512 } as const;

export const AIMHARDER_ORIGINS = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'] as const;
/** For functions that store a session: they choose its slot on the timing wheel. */
export const WHEEL_SETTINGS = ['REFRESH_SLOTS', 'REFRESH_SHARDS'] as const;

/** For routes that call AimHarder for the caller: they refresh an old session first, and end one that AimHarder refuses. */
export const CALLS_AIMHARDER = {
  ...HTTP_ROUTE,
  secrets: ['keys'],
  settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS],
} as const;

/** For functions that place orders. */
export const ORDER_SETTINGS = [
  ...CALLS_AIMHARDER.settings,
  'BOX_TIMEZONES',
  'BOX_OPENINGS',
  'MAX_PENDING_PREBOOKINGS',
] as const;

/** Permissions on pre-bookings that placing an order needs. */
export const ORDER_WRITES = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;

/** Permissions on sessions. Authentication reads the caller's session. */
export const AUTHENTICATE = ['GetItem'] as const;
/** A pre-booking is at risk without a background session, which is found by a query. */
export const AUTHENTICATE_WITH_RISK = ['GetItem', 'Query'] as const;
export const AUTHENTICATE_AND_REFRESH = ['GetItem', 'UpdateItem'] as const;

/** Permissions on kept passwords. Relogin reads the password, counts the login, and deletes a password that is wrong. */
export const RELOGIN = ['GetItem', 'UpdateItem', 'DeleteItem'] as const;
