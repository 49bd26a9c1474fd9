/** The codes of a route that calls AimHarder, which may be unreachable, or give an answer that we do not understand. */
export const UPSTREAM_FAILURES = ['upstream-rejected', 'upstream-unreachable'] as const;

/** The codes of a route that calls AimHarder with the caller's session, which may be dead. */
export const MEMBER_CALL_FAILURES = ['login-required', ...UPSTREAM_FAILURES] as const;

const BOOKING_REFUSALS = [
  'already-booked',
  'class-full',
  'no-credit',
  'unpaid',
  'booking-limit',
  'too-early',
  'too-late',
] as const;

/** The codes of a route that books or orders a class. */
export const ORDER_REFUSALS = [
  ...MEMBER_CALL_FAILURES,
  ...BOOKING_REFUSALS,
  'box-not-found',
  'class-not-found',
  'class-cancelled',
  'class-moved',
  'prebooking-limit',
  'prebooking-finished',
  'session-changed',
] as const;
