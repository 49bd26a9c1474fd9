import { isBusyService } from '../platform/busy-service.ts';
import { AppError, type ErrorCode, SessionDied } from '../platform/errors.ts';

/** RFC 9457 problem details, with the code as an extension member. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly instance: string;
};

/** The HTTP status and the title of each error code. */
export const PROBLEMS: Readonly<Record<ErrorCode, { readonly status: number; readonly title: string }>> = {
  'invalid-request': { status: 400, title: 'Invalid request' },
  unauthenticated: { status: 401, title: 'Not logged in' },
  'invalid-credentials': { status: 401, title: 'Wrong e-mail or password' },
  'not-invited': { status: 403, title: 'Not invited' },
  'session-not-found': { status: 404, title: 'Session not found' },
  'booking-not-found': { status: 404, title: 'Booking not found' },
  'prebooking-not-found': { status: 404, title: 'Pre-booking not found' },
  'box-not-found': { status: 404, title: 'Box not found' },
  'class-not-found': { status: 404, title: 'Class not found' },
  'not-found': { status: 404, title: 'Not found' },
  'session-protected': { status: 409, title: 'Session is protected' },
  'session-changed': { status: 409, title: 'Another request changed the session' },
  'login-required': { status: 409, title: 'A new login is needed' },
  'class-cancelled': { status: 409, title: 'Class cancelled by the box' },
  'class-moved': { status: 409, title: 'Class moved by the box' },
  'already-booked': { status: 409, title: 'Already booked' },
  'class-full': { status: 409, title: 'Class is full' },
  'no-credit': { status: 409, title: 'No credit left' },
  'booking-limit': { status: 409, title: 'Booking limit reached' },
  unpaid: { status: 409, title: 'A receipt is unpaid' },
  'too-early': { status: 409, title: 'Bookings are not open yet' },
  'too-late': { status: 409, title: 'Too late to book' },
  'late-cancellation': { status: 409, title: 'Cancelling now costs the credit' },
  'prebooking-limit': { status: 409, title: 'Too many pending pre-bookings' },
  'prebooking-finished': { status: 409, title: 'Pre-booking has ended' },
  'prebooking-firing': { status: 409, title: 'Pre-booking is being fired' },
  'routine-not-found': { status: 404, title: 'Routine not found' },
  'routine-limit': { status: 409, title: 'Too many routines' },
  'payload-too-large': { status: 413, title: 'Request body too large' },
  'too-many-attempts': { status: 429, title: 'Too many failed logins' },
  'upstream-rejected': { status: 502, title: 'AimHarder gave no usable answer' },
  'upstream-unreachable': { status: 503, title: 'AimHarder cannot be reached' },
  'upstream-timeout': { status: 504, title: 'AimHarder did not answer in time' },
  'too-many-requests': { status: 429, title: 'Too many requests of this member' },
  unavailable: { status: 503, title: 'Too busy at the moment' },
  internal: { status: 500, title: 'Internal error' },
};

/** After how many seconds a client may try again if an AWS service is too busy, or silent, even after the SDK's retries. */
const BUSY_RETRY_AFTER = 5;

const BUSY = 'The service is too busy at the moment. Before you try again, check what the request has done.';

/** Converts an error into one that a client may see. Only an AppError keeps its message: another message may hold a secret. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isBusyService(error)) return new AppError('unavailable', BUSY, { retryAfter: BUSY_RETRY_AFTER });
  return new AppError('internal', 'The server failed. Try again later.');
}

/** Maps an error to problem details. `SessionDied` is the one error whose status is not that of its code. */
export function toProblem(error: unknown, requestId: string): Problem {
  const failure = toAppError(error);
  const { status, title } = PROBLEMS[failure.code];
  return {
    type: `urn:on-the-dot:problem:${failure.code}`,
    title,
    status: failure instanceof SessionDied ? 401 : status,
    code: failure.code,
    detail: failure.message,
    instance: `urn:request:${requestId}`,
  };
}
