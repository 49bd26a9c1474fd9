/**
 * Failures that a caller may act on. Each code has one meaning and one HTTP status (lib/http/problem.ts). Only
 * `login-required` has two: 409, and 401 if the caller's own session is dead (`SessionDied`).
 */
export type ErrorCode =
  | 'invalid-request'
  | 'unauthenticated'
  | 'invalid-credentials'
  | 'not-invited'
  | 'session-not-found'
  | 'booking-not-found'
  | 'prebooking-not-found'
  | 'box-not-found'
  | 'class-not-found'
  | 'class-cancelled'
  | 'class-moved'
  | 'not-found'
  | 'session-protected'
  | 'session-changed'
  | 'login-required'
  | 'already-booked'
  | 'class-full'
  | 'no-credit'
  | 'booking-limit'
  | 'unpaid'
  | 'too-early'
  | 'too-late'
  | 'late-cancellation'
  | 'prebooking-limit'
  | 'prebooking-finished'
  | 'prebooking-firing'
  | 'routine-not-found'
  | 'routine-limit'
  | 'payload-too-large'
  | 'too-many-attempts'
  | 'upstream-rejected'
  | 'upstream-unreachable'
  | 'upstream-timeout'
  | 'unavailable'
  | 'too-many-requests'
  | 'internal';

/**
 * A failure that this service raises on purpose. The client sees its message, which never holds a password, a token or a
 * cookie. Only operators see `cause`.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: ErrorCode;
  /** After how many whole seconds a retry may succeed. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { readonly retryAfter?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}

/**
 * AimHarder has ended the caller's own session. The code is `login-required`, but the HTTP status is 401 instead of 409, so
 * that a client logs in again.
 */
export class SessionDied extends AppError {
  override readonly name = 'SessionDied';

  constructor() {
    super('login-required', 'AimHarder has ended this session. Log in again.');
  }
}

/** Checks whether an error is what a signal of `Clock.timeout` aborts with. */
export const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';

/** Creates the error for a path that no route serves. */
export const routeNotFound = (): AppError => new AppError('not-found', 'No such route. See /openapi.json.');
