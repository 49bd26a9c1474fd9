/** AimHarder fails, or gives an answer that we do not understand. */
export const UPSTREAM_FAILURES = ['upstream-rejected', 'upstream-unreachable'] as const;

/** The route calls AimHarder for the caller, whose session may turn out to be dead. */
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

/** The route books a class, or orders it. */
export const ORDER_REFUSALS = [
  ...MEMBER_CALL_FAILURES,
  ...BOOKING_REFUSALS,
  'box-not-found',
  'class-not-found',
  'prebooking-limit',
  'prebooking-finished',
] as const;
