/**
 * The limits of a route. The first request after a cold start takes 50 ms of one vCPU. 512 MB give a route 29 % of a vCPU
 * (function-definition.ts), which makes it 170 ms.
 */
export const ROUTE_LIMITS = { timeoutSeconds: 29, memoryMB: 512 } as const;

/** The settings with AimHarder's addresses. */
export const AIMHARDER_ORIGINS = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'] as const;
/** For functions that write a session's token: if the session has no slot of the timing wheel, the write chooses one. */
export const WHEEL_SETTINGS = ['REFRESH_SLOTS', 'REFRESH_SHARDS'] as const;

/** For routes that call AimHarder for the caller. They first refresh a session that is not fresh, and end one that AimHarder refuses. */
export const CALLS_AIMHARDER = {
  ...ROUTE_LIMITS,
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
export const ORDER_ACCESS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;

/** Permissions on sessions that a route needs to authenticate its caller: it reads the caller's session. */
export const AUTHENTICATE = ['GetItem'] as const;
/** Such a route tells too whether a pre-booking is at risk: whether its member has no live background session, which takes a query. */
export const AUTHENTICATE_AND_FIND_RISK = ['GetItem', 'Query'] as const;
/** Such a route also refreshes the caller's session, or ends it. */
export const AUTHENTICATE_AND_REFRESH = ['GetItem', 'UpdateItem'] as const;

/** Permissions on kept passwords. Relogin reads the password, counts the login, and deletes a password that is wrong. */
export const RELOGIN = ['GetItem', 'UpdateItem', 'DeleteItem'] as const;
