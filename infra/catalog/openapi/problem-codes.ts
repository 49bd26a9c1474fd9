/** For routes that call AimHarder: it fails, or gives an answer that we do not understand. */
export const UPSTREAM_FAILURES = ['upstream-rejected', 'upstream-unreachable'] as const;

/** For routes that call AimHarder with the caller's session, which may turn out to be dead. */
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

/** For routes that book a class, or order it. */
export const ORDER_REFUSALS = [
  ...MEMBER_CALL_FAILURES,
  ...BOOKING_REFUSALS,
  'box-not-found',
  'class-not-found',
  'class-cancelled',
  'class-moved',
  'prebooking-limit',
  'prebooking-finished',
] as const;
