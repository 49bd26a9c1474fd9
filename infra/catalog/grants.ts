/**
 * The limits of a route. API Gateway waits 30 s for an answer. The first request after a cold start needs 50 ms of a whole vCPU,
 * so it takes 170 ms with the 29 % of one that 512 MB give (function-definition.ts).
 */
export const ROUTE_LIMITS = { timeoutSeconds: 29, memoryMB: 512 } as const;

/** The settings with AimHarder's addresses. */
export const AIMHARDER_ORIGINS = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'] as const;
/**
 * The settings of functions that write a session's token: how many slots the timing wheel has, and how many partitions a slot has.
 * A session without a slot gets one with that write.
 */
export const WHEEL_SETTINGS = ['REFRESH_SLOTS', 'REFRESH_SHARDS'] as const;

/**
 * The limits, secrets and settings of routes that call AimHarder for the caller. Such a route refreshes a stale session, and ends
 * one that AimHarder refuses.
 */
export const CALLS_AIMHARDER = {
  ...ROUTE_LIMITS,
  secrets: ['keys'],
  settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS],
} as const;

/** The settings of functions that place orders. */
export const ORDER_SETTINGS = [
  ...CALLS_AIMHARDER.settings,
  'BOX_TIMEZONES',
  'BOX_OPENINGS',
  'MAX_PENDING_PREBOOKINGS',
] as const;

/** The grants for setting the wake-up of an order. If the opening is near, the function starts the preparation or the firing at once. */
export const ORDER_WAKE_UPS = {
  wakeUps: ['create', 'delete'],
  starts: ['prepare-prebooking', 'fire-prebooking'],
} as const;

/** The permissions on pre-bookings for placing an order. */
export const ORDER_ACCESS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;

/** The permissions on the members' limits for counting a request. */
export const COUNT_REQUESTS = ['GetItem', 'UpdateItem'] as const;

/** The permissions on sessions for authenticating the caller of a route. */
export const AUTHENTICATE = ['GetItem'] as const;
/** As `AUTHENTICATE`, and for finding whether pre-bookings are at risk: a query finds the member's live background session. */
export const AUTHENTICATE_AND_FIND_RISK = ['GetItem', 'Query'] as const;
/** As `AUTHENTICATE`, and for refreshing the caller's session or ending it. */
export const AUTHENTICATE_AND_REFRESH = ['GetItem', 'UpdateItem'] as const;

/** The permissions on kept passwords for a relogin: it reads the password, counts the login, and deletes a wrong password. */
export const RELOGIN = ['GetItem', 'UpdateItem', 'DeleteItem'] as const;
