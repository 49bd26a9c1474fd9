/** How a function is started: by HTTP, by EventBridge Scheduler at a fixed rate, or by a wake-up of its own. */
type FunctionDefinition = {
  readonly routes?: readonly string[];
  readonly everyMinute?: true;
  /** Longest run, in seconds. API Gateway gives up after 30. */
  readonly timeoutSeconds: number;
};

const HTTP_TIMEOUT = 29;

/**
 * The functions, one per file in `functions/`, and the routes that reach them ("METHOD /path/{parameter}").
 * CDK, the local gateway and the API description all read this list.
 */
export const FUNCTIONS = {
  'describe-api': { routes: ['GET /openapi.json'], timeoutSeconds: HTTP_TIMEOUT },
  health: { routes: ['GET /v1/health'], timeoutSeconds: HTTP_TIMEOUT },
  login: { routes: ['POST /v1/login'], timeoutSeconds: HTTP_TIMEOUT },
  logout: { routes: ['POST /v1/logout'], timeoutSeconds: HTTP_TIMEOUT },
  'list-sessions': { routes: ['GET /v1/sessions'], timeoutSeconds: HTTP_TIMEOUT },
  'end-session': { routes: ['DELETE /v1/sessions/{fingerprint}'], timeoutSeconds: HTTP_TIMEOUT },
  'refresh-session': { routes: ['POST /v1/sessions/refresh'], timeoutSeconds: HTTP_TIMEOUT },
  'delete-credentials': { routes: ['DELETE /v1/credentials'], timeoutSeconds: HTTP_TIMEOUT },
  'list-boxes': { routes: ['GET /v1/boxes'], timeoutSeconds: HTTP_TIMEOUT },
  'list-classes': { routes: ['GET /v1/classes'], timeoutSeconds: HTTP_TIMEOUT },
  'book-class': { routes: ['POST /v1/bookings'], timeoutSeconds: HTTP_TIMEOUT },
  'cancel-booking': { routes: ['DELETE /v1/bookings/{bookingId}'], timeoutSeconds: HTTP_TIMEOUT },
  'create-prebooking': { routes: ['POST /v1/prebookings'], timeoutSeconds: HTTP_TIMEOUT },
  'list-prebookings': { routes: ['GET /v1/prebookings'], timeoutSeconds: HTTP_TIMEOUT },
  'get-prebooking': { routes: ['GET /v1/prebookings/{id}'], timeoutSeconds: HTTP_TIMEOUT },
  'cancel-prebooking': { routes: ['DELETE /v1/prebookings/{id}'], timeoutSeconds: HTTP_TIMEOUT },
  'create-calendar': { routes: ['POST /v1/calendar'], timeoutSeconds: HTTP_TIMEOUT },
  'delete-calendar': { routes: ['DELETE /v1/calendar'], timeoutSeconds: HTTP_TIMEOUT },
  // Public: the feed's name is its secret, so no log may hold this route's path.
  'calendar-feed': { routes: ['GET /v1/calendar/{feed}'], timeoutSeconds: HTTP_TIMEOUT },
  'not-found': { routes: ['$default'], timeoutSeconds: HTTP_TIMEOUT },
  // Woken up to 150 s before the opening; then the ladder of shots, the reading back and the writing of the outcome.
  'fire-prebooking': { timeoutSeconds: 300 },
  'refresh-tokens': { everyMinute: true, timeoutSeconds: 120 },
  sweep: { everyMinute: true, timeoutSeconds: 60 },
} as const satisfies Record<string, FunctionDefinition>;

export type FunctionName = keyof typeof FUNCTIONS;
