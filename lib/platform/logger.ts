import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import { systemClock } from './system-clock.ts';

/** All log events of this service. Callers choose each field: no EventBridge event, item, header or body is logged whole. */
type LogEvent =
  | 'account-deleted'
  | 'account-deletion-completed'
  | 'alarm-not-raised'
  /** A route has answered its request. */
  | 'answered'
  | 'background-login-failed'
  | 'background-login-left-out'
  | 'booking-record-failed'
  | 'cancelled-booking-given-back'
  | 'event-not-published'
  | 'fact-checked'
  | 'firing-not-queued'
  | 'firing-restarted'
  | 'lease-renewal-failed'
  | 'membership-ended'
  /** A message was not sent, because its receiver is gone or a later message replaces it. */
  | 'message-dropped'
  /** The last try to send a message has failed. */
  | 'message-given-up'
  /** A try to send a message has failed. It will be tried again. */
  | 'message-not-sent'
  | 'message-sent'
  | 'message-unreadable'
  | 'messages-retried'
  | 'notification-tested'
  | 'place-promoted'
  | 'prebooking-cancelled'
  | 'prebooking-claimed'
  | 'prebooking-committed'
  | 'prebooking-finished'
  | 'prebooking-ordered'
  | 'prebooking-moved'
  | 'prebooking-postponed'
  | 'prebooking-prepared'
  | 'prebooking-rearmed'
  | 'prebooking-recovered'
  | 'preparation-step-failed'
  | 'receiver-ended'
  | 'refresh-worker-not-started'
  | 'relogin-failed'
  | 'relogin-succeeded'
  /** A wake-up could not be deleted after its order was cancelled or undone. It will find nothing to do. */
  | 'rollback-failed'
  | 'routines-planned'
  | 'scheduled-time-missing'
  | 'session-login-required'
  | 'sessions-refreshed'
  | 'shot-prepared'
  | 'sweep-item-failed'
  | 'swept'
  | 'unexpected-error'
  | 'waitlist-not-watched'
  | 'wake-up-skipped';

type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type Logger = {
  info(event: LogEvent, fields?: Fields): void;
  warn(event: LogEvent, fields?: Fields): void;
  /** @param error its name, message, stack and cause are logged, so none of them may contain a secret. */
  error(event: LogEvent, error: unknown, fields?: Fields): void;
};

/** Holds the id of the current invocation. A local worker thread runs many invocations at a time, so a variable would not do. */
const invocationIds = new AsyncLocalStorage<string>();

/** Wraps a handler so that its log lines name their invocation. */
export const withInvocationId =
  <Event, Context extends { readonly awsRequestId: string }, Result>(
    handler: (event: Event, context: Context) => Result,
  ) =>
  (event: Event, context: Context): Result =>
    invocationIds.run(context.awsRequestId, () => handler(event, context));

/**
 * Creates a logger that writes one JSON line per event. Lambda reads a line's level only if the line has a valid timestamp;
 * without one, Lambda takes every level for INFO.
 *
 * Source: Lambda Developer Guide, "Log-level filtering".
 */
export function jsonLogger(clock: Pick<Clock, 'now'>, write: (line: string) => void): Logger {
  function log(level: string, event: LogEvent, fields: Fields = {}): void {
    const timestamp = new Date(clock.now()).toISOString();
    write(`${JSON.stringify({ timestamp, level, event, requestId: invocationIds.getStore(), ...fields })}\n`);
  }
  return {
    info: (event, fields) => log('INFO', event, fields),
    warn: (event, fields) => log('WARN', event, fields),
    error: (event, error, fields) => log('ERROR', event, { ...fields, ...errorFields(error) }),
  };
}

/** Logs to standard output, which Lambda sends to CloudWatch. */
export const logger: Logger = jsonLogger(systemClock, (line) => process.stdout.write(line));

function errorFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined;
  return { error: error.name, message: error.message, stack: error.stack, cause };
}
