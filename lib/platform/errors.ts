/** Every failure a caller may act on. One code, one meaning, one HTTP status (lib/http/problem.ts). */
export type ErrorCode =
  | 'invalid-request'
  | 'unauthenticated'
  | 'invalid-credentials'
  | 'session-not-found'
  | 'booking-not-found'
  | 'prebooking-not-found'
  | 'box-not-found'
  | 'class-not-found'
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
  | 'internal';

/**
 * A failure this service raises on purpose.
 * `message` is shown to the caller: it never holds a password, a token or a cookie.
 * What only an operator may see travels in `cause`.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: ErrorCode;
  /** When trying again may succeed, in whole seconds from now. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { readonly retryAfter?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}

/** The caller's own device session died at AimHarder: `login-required`, but as 401, because nothing else will help. */
export class SessionDied extends AppError {
  override readonly name = 'SessionDied';

  constructor() {
    super('login-required', 'AimHarder has ended this session. Log in again.');
  }
}

/** Whether the patience of an `AbortSignal.timeout` is what ended something. */
export const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';

/** What answers every path that leads nowhere. */
export const routeNotFound = (): AppError =>
  new AppError('not-found', 'There is nothing here. The routes are in the README.');
